/** What a handler of an API is, and what all handlers work on. */
import type { Logger, Random } from '@millrace/base';
import type { Address } from '@millrace/ports';
import type { ApiName } from '@millrace/protocol';
import type { BrokerLimits } from '../broker-options.ts';
import type { GroupCoordination } from '../group-coordination.ts';
import type { Request, Response } from '../messages.ts';
import type { Timers } from '../timers.ts';
import type { Topics } from '../topics.ts';
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts';

/** The state of a broker. */
export interface BrokerState {
  readonly limits: BrokerLimits;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly topics: Topics;
  readonly transactions: TransactionCoordinator;
  readonly groups: GroupCoordination;
}

/** A request beside its body. */
export interface RequestContext {
  readonly version: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Where the client of this connection finds the broker. */
  readonly advertised: Address;
  /** Ends the connection instead of an answer, and says why in the log. */
  cutOff(this: void, why: string): void;
  /** Calls when the connection is gone while the request waits. */
  whenClosed(run: () => void): void;
}

/** Answers a request, once, now or later; without a response the client expects none. */
export type Reply<N extends ApiName> = (response?: Response<N>) => void;
export type Handler<N extends ApiName> = (request: Request<N>, context: RequestContext, reply: Reply<N>) => void;

/** Handlers by API; what has none is not offered. */
export type Handlers = { readonly [N in ApiName]?: Handler<N> };
