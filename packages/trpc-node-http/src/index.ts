export { createNodeHttpHandler, type NodeHttpHandlerOptions } from "./node-http-handler.ts";
