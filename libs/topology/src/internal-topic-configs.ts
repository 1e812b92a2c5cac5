/** Settings of internal topics as the JVM library makes them: its own, over them `topic.*` of the application, over them those of the store. */

/** What a topic is for. */
export type TopicPurpose =
  | { readonly kind: 'repartition' }
  | { readonly kind: 'table' }
  /** Stores of windows and sessions. */
  | { readonly kind: 'windows'; readonly retentionMs: number }
  | { readonly kind: 'versioned'; readonly historyRetentionMs: number };

/** What lies over the library's own settings. */
export interface TopicOverrides {
  /** windowstore.changelog.additional.retention.ms. @default 86400000 */
  readonly additionalRetentionMs?: number;
  /** `topic.*` of the application. They win even where a repartition topic cannot do with them. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** `withLoggingEnabled` of a store. */
  readonly settings?: Readonly<Record<string, string>>;
}

const dayMs = 86_400_000;

export function internalTopicConfigs(
  purpose: TopicPurpose,
  { additionalRetentionMs = dayMs, defaults, settings }: TopicOverrides = {},
): Readonly<Record<string, string>> {
  return {
    'message.timestamp.type': 'CreateTime',
    ...ownConfigs(purpose, additionalRetentionMs),
    ...defaults,
    ...settings,
  };
}

function ownConfigs(purpose: TopicPurpose, additionalRetentionMs: number): Record<string, string> {
  switch (purpose.kind) {
    case 'repartition':
      return { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'segment.bytes': '52428800' };
    case 'table':
      return { 'cleanup.policy': 'compact' };
    case 'windows':
      return {
        'cleanup.policy': 'compact,delete',
        'retention.ms': int64Text(purpose.retentionMs + additionalRetentionMs),
      };
    case 'versioned':
      // A version is not compacted away before it is out of history; the day is for clocks that differ.
      return { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': int64Text(purpose.historyRetentionMs + dayMs) };
  }
}

/** Times do not go beyond 64 bits with a sign (JVM). */
function int64Text(ms: number): string {
  return ms >= 2 ** 63 ? '9223372036854775807' : String(ms);
}
