// Where to go after signing in: judged in pages as the server judges it.

export { returnPathFrom } from "@signet/auth/return-path";
