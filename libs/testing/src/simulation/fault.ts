import type { Direction } from './network.ts';

/** Something that goes wrong at a moment of virtual time. Workers are numbered from 0. */
export type Fault = { readonly atMs: number } & (
  | { readonly type: 'crash'; readonly worker: number; readonly downMs: number; readonly disk: 'kept' | 'lost' }
  /** SIGSTOP: past the session time-out the others take over, and the worker wakes up as a zombie. */
  | { readonly type: 'pause'; readonly worker: number; readonly forMs: number }
  | { readonly type: 'cut'; readonly worker: number; readonly direction: Direction; readonly forMs: number }
  /** Its connections break: replies on their way are lost, requests on their way arrive or not. */
  | { readonly type: 'reset'; readonly worker: number; readonly requestsArrive: boolean }
  /** A clean stop (SIGTERM) and a later start: scale in, scale out, a rolling restart. */
  | { readonly type: 'stop'; readonly worker: number; readonly downMs: number }
  | { readonly type: 'brokerRestart'; readonly downMs: number }
);

export type FaultType = Fault['type'];
