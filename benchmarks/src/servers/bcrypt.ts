// Basic credentials with every request, compared with a bcrypt hash each time.

import { hash, verify } from "@node-rs/bcrypt";
import { listenJson } from "./setting.ts";

const cost = 12;
const password = "correct horse battery staple";
const stored = await hash(password, { cost });

listenJson(async (authorization) => {
  const credentials = Buffer.from(authorization?.slice("Basic ".length) ?? "", "base64").toString();
  const [username, given = ""] = credentials.split(":");
  if (!(await verify(given, stored))) throw new Error("refused");
  return { subject: username };
});
