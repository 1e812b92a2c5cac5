/** What a processor asks its task, and how its records go on. One for each processor node. */
import { durationMs, millraceError, type MillraceError } from '@millrace/base';
import type { StreamNode } from '@millrace/operators';
import type { Serde } from '@millrace/serde';
import type { RecordContext, RecordOrigin } from '@millrace/state';
import type {
  Cancellable,
  FixedKeyProcessorContext,
  ForwardedRecord,
  ProcessorContext,
  PunctuationType,
  ScheduleOptions,
  StoreHandle,
} from '@millrace/topology';
import type { Punctuations } from '../task/punctuations.ts';
import { TaskRecord } from './processor-record.ts';
import { RecordHeaders } from './record-headers.ts';

/** What the processors of a task share. */
export interface ProcessorEnvironment {
  readonly applicationId: string;
  readonly taskId: string;
  readonly appConfigs: Readonly<Record<string, unknown>>;
  readonly keySerde: Serde<unknown> | undefined;
  readonly valueSerde: Serde<unknown> | undefined;
  /** They fill global stores: those belong to no task, so there is neither stream time nor a punctuation. */
  readonly isGlobal: boolean;
  readonly context: RecordContext;
  readonly streamTime: () => number;
  readonly systemTime: () => number;
  readonly punctuations: Readonly<Record<PunctuationType, Punctuations>>;
  readonly requestCommit: () => void;
  /** A punctuation has failed. Throws unless it is to be passed over. */
  readonly onPunctuationError: (error: MillraceError, node: string) => void;
}

/** Where a node stands: its children by name, and the stores it may use. */
export interface ProcessorPlace {
  readonly node: string;
  /** Undefined where nothing can be forwarded. */
  readonly all: StreamNode | undefined;
  child(name: string): StreamNode | undefined;
  store(name: string): unknown;
}

const punctuationTypes: readonly PunctuationType[] = ['streamTime', 'wallClock'];
const nowhere: RecordOrigin = { topic: null, partition: -1, offset: -1 };

export class NodeContext implements ProcessorContext<unknown, unknown>, FixedKeyProcessorContext<unknown, unknown> {
  readonly #env: ProcessorEnvironment;
  readonly #place: ProcessorPlace;
  /** Of the record that the node was given last and is not done with. */
  #headers: RecordHeaders | undefined;

  constructor(environment: ProcessorEnvironment, place: ProcessorPlace) {
    this.#env = environment;
    this.#place = place;
  }

  get applicationId(): string {
    return this.#env.applicationId;
  }

  get taskId(): string {
    return this.#env.taskId;
  }

  get appConfigs(): Readonly<Record<string, unknown>> {
    return this.#env.appConfigs;
  }

  get keySerde(): Serde<unknown> | undefined {
    return this.#env.keySerde;
  }

  get valueSerde(): Serde<unknown> | undefined {
    return this.#env.valueSerde;
  }

  get recordMetadata(): RecordOrigin {
    const { topic, partition, offset } = this.#env.context.origin ?? nowhere;
    return { topic, partition, offset };
  }

  get currentStreamTimeMs(): number {
    if (this.#env.isGlobal) throw this.#refused('the stream time');
    return this.#env.streamTime();
  }

  get currentSystemTimeMs(): number {
    return this.#env.systemTime();
  }

  commit(): void {
    this.#env.requestCommit();
  }

  getStateStore<S>(store: StoreHandle<S> | string): S {
    const name = typeof store === 'string' ? store : store.name;
    const found = this.#place.store(name);
    if (found === undefined)
      throw millraceError('MR_RUNTIME_STORE_NOT_CONNECTED', { node: this.#place.node, store: name });
    return found as S;
  }

  schedule(
    interval: number | string,
    type: PunctuationType,
    punctuator: (timestamp: number) => void,
    { startMs }: ScheduleOptions = {},
  ): Cancellable {
    if (this.#env.isGlobal) throw this.#refused('a punctuation');
    const { node } = this.#place;
    const intervalMs = durationMs(interval);
    if (intervalMs < 1) throw millraceError('MR_RUNTIME_PUNCTUATION_INTERVAL', { node, intervalMs });
    requirePlan(node, type, punctuator, startMs);
    const isWall = type === 'wallClock';
    const now = isWall ? this.#env.systemTime() : this.#env.streamTime();
    const plainMs = isWall ? now + intervalMs : 0;
    // A start in the past means the next of its intervals, which does not begin now (JVM).
    const missed = startMs !== undefined && startMs < now ? Math.floor((now - startMs) / intervalMs) + 1 : 0;
    const fire = (time: number): void => this.#punctuate(time, punctuator);
    return this.#env.punctuations[type].add((startMs ?? plainMs) + missed * intervalMs, intervalMs, fire);
  }

  forward(record: ForwardedRecord<unknown, unknown>, childName?: string): void {
    const next = childName === undefined ? this.#place.all : this.#place.child(childName);
    if (next === undefined)
      throw millraceError('MR_RUNTIME_CHILD_UNKNOWN', { node: this.#place.node, child: childName ?? '' });
    if (!(record.timestamp >= 0)) throw millraceError('MR_RUNTIME_TIMESTAMP', { timestamp: record.timestamp });
    const { context } = this.#env;
    const { timestamp } = context;
    const headers = RecordHeaders.from(record.headers);
    context.headers = headers.list;
    context.timestamp = record.timestamp;
    next(record.key, record.value, record.timestamp);
    // Children may have changed the headers that they were given.
    headers.replace(context.headers);
    context.headers = this.#headers?.list;
    context.timestamp = timestamp;
  }

  /** Runs a processor on a record. */
  run(process: (record: TaskRecord<unknown, unknown>) => void, key: unknown, value: unknown, timestamp: number): void {
    const { context } = this.#env;
    const outer = this.#headers;
    const outerTimestamp = context.timestamp;
    const headers = new RecordHeaders(context.headers);
    this.#headers = headers;
    context.timestamp = timestamp;
    process(new TaskRecord(key, value, timestamp, headers));
    // Later children of the same parent share the headers.
    context.headers = headers.list;
    context.timestamp = outerTimestamp;
    this.#headers = outer;
  }

  #refused(what: string): MillraceError {
    return millraceError('MR_RUNTIME_GLOBAL_PROCESSOR', { node: this.#place.node, what });
  }

  #punctuate(time: number, punctuator: (timestamp: number) => void): void {
    const { context } = this.#env;
    this.#headers = context.headers = undefined;
    context.timestamp = time;
    context.origin = nowhere;
    try {
      punctuator(time);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      const { node } = this.#place;
      this.#env.onPunctuationError(millraceError('MR_RUNTIME_PUNCTUATION', { node, time, problem }, cause), node);
    }
  }
}

function requirePlan(node: string, type: PunctuationType, punctuator: unknown, startMs = 0): void {
  const refuse = (what: string, expected: string, came: unknown): never => {
    throw millraceError('MR_TOPOLOGY_ARGUMENT', { where: `schedule of ${node}`, what, expected, came: String(came) });
  };
  if (!punctuationTypes.includes(type)) refuse('the type', punctuationTypes.join(' or '), type);
  if (typeof punctuator !== 'function') refuse('the punctuator', 'a function', punctuator);
  if (!Number.isSafeInteger(startMs) || startMs < 0) refuse('startMs', 'a time of 0 ms or later', startMs);
}
