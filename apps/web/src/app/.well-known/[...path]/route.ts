export { handle as GET, handle as POST } from "../../../server/next-route";
