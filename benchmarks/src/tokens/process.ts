// One contender, one turn, in a process that has never done anything else. Told by its arguments; answers on stdout.

import { readFileSync } from "node:fs";
import { carryOut, type Order } from "./contenders.ts";
import type { Material } from "./material.ts";

const [order = "", materialPath = ""] = process.argv.slice(2);
const material = JSON.parse(readFileSync(materialPath, "utf8")) as Material;
process.stdout.write(JSON.stringify(await carryOut(JSON.parse(order) as Order, material)));
