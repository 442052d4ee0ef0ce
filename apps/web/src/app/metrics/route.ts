export { handle as GET } from "../../server/next-route";
