export { handle as GET, handle as OPTIONS, handle as POST } from "../../../server/next-route";
