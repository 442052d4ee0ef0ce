// What everything is compared with: node:http that answers, and asks nobody who is calling.

import { createServer } from "node:http";

const answer = JSON.stringify({ hello: "anybody" });

createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(answer) });
  response.end(answer);
}).listen(Number(process.env["PORT"]), "127.0.0.1");
