export { provideTestPostgres as default } from "@signet/db/testing";
