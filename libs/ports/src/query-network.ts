/** Where instances of an application answer each other's queries: bytes to a host, bytes back. What they mean is the runtime's matter. */
export interface QueryNetwork {
  /**
   * Begins to answer at `address` (`host:port`). `answer` gets a request's body and gives the answer's, in chunks; what it throws is sent as an error.
   * Rejects MR_QUERY_ADDRESS when nothing can listen there.
   */
  serve(address: string, answer: (request: Buffer) => AsyncIterable<Buffer>): Promise<QueryServer>;
  /** Asks the instance at `address`; gives the answer's body in chunks. Rejects MR_QUERY_UNREACHABLE, MR_QUERY_UNAUTHORIZED or MR_QUERY_TIMED_OUT. */
  ask(address: string, request: Buffer): AsyncIterable<Buffer>;
}

/** An instance that answers. */
export interface QueryServer {
  /** Takes no more requests, and ends those under way. */
  close(): Promise<void>;
}
