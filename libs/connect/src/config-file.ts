/** A configuration file as it is written, before its parts are given their meaning. */
import type { ColumnType } from '@millrace/ports';
import type { ColumnSource, Explosion, PlainFormat, TopicConfig } from './config.ts';

/** The file as it is written. `config-schema.ts` describes it. */
export interface ConfigFile {
  readonly tables: readonly {
    readonly name: string;
    readonly columns: Readonly<Record<string, ColumnType>>;
    readonly partitionKey: readonly string[];
    readonly clusteringKey?: readonly { readonly column: string; readonly order?: 'asc' | 'desc' }[];
  }[];
  readonly topics: readonly {
    readonly topic: string;
    readonly key?: FormatText;
    readonly value: FormatText;
    readonly rows: readonly {
      readonly table: string;
      readonly columns: Readonly<Record<string, string | ColumnSource>>;
      readonly explode?: Explosion;
    }[];
    readonly tombstones?: TopicConfig['tombstones'];
    readonly onError?: TopicConfig['onError'];
    readonly deadLetterTopic?: string;
  }[];
}

export type FormatText =
  PlainFormat | { readonly format: 'time-windowed'; readonly inner: PlainFormat; readonly windowSize: string };

/** A text is a path. */
export function sourceOf(source: string | ColumnSource): ColumnSource {
  return typeof source === 'string' ? { from: source } : source;
}
