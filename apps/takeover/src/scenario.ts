/** What a scenario is: a topology that both engines run, what is fed to it, and what is known about its results. */
import { Serdes, type Program, type StreamsConfig } from 'millrace';

/** Where a scenario reads and writes. */
export interface TopicPrefixes {
  readonly inputs: string;
  readonly outputs: string;
}

/** An event without its time; its topic is without prefix. */
export interface Happening {
  readonly topic: string;
  readonly key: string;
  /** Null deletes a row. */
  readonly value: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole number below another one. */
export type Pick = (below: number) => number;

export interface Scenario {
  readonly name: string;
  /** Without prefix. */
  readonly inputs: readonly string[];
  /** Topics of global tables, which no committed offset tells of. */
  readonly globalInputs?: readonly string[];
  readonly output: string;
  /** Settings by the JVM library's names, of which some change the topology; the same on both engines. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly program: (prefixes: TopicPrefixes, config: StreamsConfig) => Program;
  /** The i-th event; `left` come after it. */
  readonly event: (pick: Pick, i: number, left: number) => Happening;
  /** Is there before anybody starts. */
  readonly before?: readonly Happening[];
  /** `latest`: the last value of each key is determined; `all`: the whole output is, but for its order. */
  readonly compared: 'latest' | 'all';
  /** The store whose changelog holds what is not sent yet; absent: everything is sent at once. */
  readonly pendingStore?: string;
  /** Stores whose progress of final results is kept beside the committed offsets. */
  readonly progressOf?: readonly string[];
  /** Event time goes on at the end in this input, so that all windows close. Results of the last records are never sent. */
  readonly closedBy?: string;
}

export const strings = { key: Serdes.string(), value: Serdes.string() };
export const counts = { key: Serdes.string(), value: Serdes.long() };
