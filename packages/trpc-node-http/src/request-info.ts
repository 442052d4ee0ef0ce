// What `createContext` and `responseMeta` learn of a request. Its address as an object and its abort signal take longer to make than
// all the rest, and are made when somebody looks at them.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { TRPCRequestInfo } from "@trpc/server/http";

// A class, because getters of its prototype cost nothing until they are used.
export class RequestInfo implements TRPCRequestInfo {
  readonly accept = null;
  readonly connectionParams = null;
  readonly isBatchCall: boolean;
  readonly type: TRPCRequestInfo["type"];
  readonly calls: TRPCRequestInfo["calls"];
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #url: URL | undefined;
  #signal: AbortSignal | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { isBatchCall, type, calls }: Pick<TRPCRequestInfo, "isBatchCall" | "type" | "calls">,
  ) {
    this.#request = request;
    this.#response = response;
    this.isBatchCall = isBatchCall;
    this.type = type;
    this.calls = calls;
  }

  get url(): URL {
    const { headers, socket, url = "/" } = this.#request;
    const protocol = "encrypted" in socket && socket.encrypted === true ? "https" : "http";
    this.#url ??= new URL(url, `${protocol}://${headers.host ?? "localhost"}`);
    return this.#url;
  }

  /** Aborted when the client goes away before it has its answer. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#response);
    return this.#signal;
  }
}

function signalOf(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    if (!response.writableFinished) controller.abort();
  };
  if (response.destroyed) abort();
  else response.once("close", abort);
  return controller.signal;
}
