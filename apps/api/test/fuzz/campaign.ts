// So many requests from one seed, over several connections at once, each answer judged.

import type { Answer } from "./answers.ts";
import { createChance, seedOf } from "./chance.ts";
import { type Connection, type Exchanged, openConnection } from "./exchange.ts";
import { complaintOf } from "./judge.ts";
import type { FuzzRequest } from "./messages.ts";
import { pastFindings } from "./past-findings.ts";
import { makeRequest } from "./requests.ts";
import type { Scene } from "./scene.ts";

export interface CampaignOptions {
  port: number;
  scene: Scene;
  /** The same seed and scene send the same requests. */
  seed: number;
  requests: number;
  connections?: number;
}

export interface Outcome {
  sent: number;
  /** How often each status came; "none" where the connection was closed or cut. */
  statuses: Map<string, number>;
  /** How often somebody with good credentials learned who they are. */
  known: number;
  /** The first few, each with what it takes to send it again. */
  complaints: string[];
}

const maxComplaints = 5;
const longestPipeline = 6;

export async function runCampaign(options: CampaignOptions): Promise<Outcome> {
  const { port, scene, seed, requests, connections = 12 } = options;
  const outcome: Outcome = { sent: 0, statuses: new Map(), known: 0, complaints: [] };
  let index = 0;

  function nextPipeline(): FuzzRequest[] {
    const pipeline: FuzzRequest[] = [];
    const length = 1 + createChance(seedOf(~seed, index)).below(longestPipeline);
    while (pipeline.length < length && index < requests && pipeline.every(({ end }) => end === "stays")) {
      pipeline.push(makeRequest(seedOf(seed, index), scene));
      index += 1;
    }
    return pipeline;
  }

  async function client(): Promise<void> {
    let connection: Connection | undefined;
    while (index < requests && outcome.complaints.length < maxComplaints) {
      const pipeline = nextPipeline();
      connection = connection?.isOpen() === true ? connection : await openConnection(port);
      for (const exchanged of await connection.send(pipeline))
        note(outcome, scene.hasPages === true, exchanged, pipeline);
    }
    connection?.close();
  }

  const replay = await openConnection(port);
  const findings = pastFindings(scene);
  for (const exchanged of await replay.send(findings)) note(outcome, scene.hasPages === true, exchanged, findings);
  replay.close();
  await Promise.all(Array.from({ length: connections }, client));
  return outcome;
}

function note(
  outcome: Outcome,
  hasPages: boolean,
  { request, answer, problem }: Exchanged,
  pipeline: readonly FuzzRequest[],
): void {
  outcome.sent += 1;
  const status = String(answer?.status ?? "none");
  outcome.statuses.set(status, (outcome.statuses.get(status) ?? 0) + 1);
  if (answer !== undefined && request.mayKnow && /"(?:claims|subject)"/.test(answer.body)) outcome.known += 1;
  const complaint = problem ?? (answer && complaintOf(request, answer, hasPages));
  if (complaint !== undefined && outcome.complaints.length < maxComplaints) {
    const together = pipeline.map(({ seed }) => seed).join(" ");
    outcome.complaints.push(`${described(request, answer, complaint)}  sent together ${together}\n`);
  }
}

function described({ seed, parts }: FuzzRequest, answer: Answer | undefined, complaint: string): string {
  const sent = JSON.stringify(Buffer.concat(parts).toString("latin1").slice(0, 3_000));
  const got =
    answer && `${answer.status} ${JSON.stringify(Object.fromEntries(answer.headers))} ${answer.body.slice(0, 1_000)}`;
  return `${complaint}\n  seed ${seed}\n  sent ${sent}\n  got ${got ?? "nothing"}\n`;
}
