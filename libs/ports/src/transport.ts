/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a connection tells its owner. After `onClose` nothing more is called. */
export interface ConnectionHandlers {
  /** Bytes as they arrive; a chunk may hold a part of a frame or several frames. It is valid during the call only. */
  onData(chunk: Buffer): void;
  /** Memory of the owner that the next bytes may be read into, so that it need not copy them. A transport may leave it. */
  room?(): Uint8Array | undefined;
  /** The connection is gone: closed by either side, or broken (then with the error). Called exactly once. */
  onClose(error?: Error): void;
}

/** A byte stream to a server. */
export interface Connection {
  /** Queues bytes for sending, in order. The buffers must not change afterwards. Does nothing on a closed connection. */
  write(chunks: readonly Uint8Array[]): void;
  /** Closes at once; `onClose` follows. */
  close(): void;
}

/** Network as a port: TCP or TLS in production, a pipe to the embedded broker, a faulty network in the simulator. */
export interface Transport {
  /** Opens a connection; rejects when the address cannot be reached. */
  connect(address: Address, handlers: ConnectionHandlers): Promise<Connection>;
}
