/**
 * Settings of an application: read from code or from the environment, checked, completed. All faults are reported at once.
 * A setting has three spellings: `commit.interval.ms` (the JVM library's), `commitIntervalMs` (in code), `COMMIT_INTERVAL_MS` (in env).
 */
import { millraceError } from '@millrace/base';
import { settingsTable, type SettingName } from './settings-table.ts';
import type { Setting } from './setting.ts';

type ValueOf<S> = S extends Setting<infer T> ? T : never;

type Values = { readonly [N in SettingName]: ValueOf<(typeof settingsTable)[N]> };

/** Checked and complete settings of an application. */
export interface StreamsConfig extends Omit<Values, 'commitIntervalMs' | 'clientId' | 'asyncDrainTimeoutMs'> {
  /** `commit.interval.ms`: how often work is committed, ms. @default 100 with exactly once, else 30000 */
  readonly commitIntervalMs: number;
  /** `async.drain.timeout.ms`: how long a commit waits for records in asynchronous steps, ms. @default half of what a transaction may take */
  readonly asyncDrainTimeoutMs: number;
  /** `client.id`: what brokers log and set quotas by. @default the application's id */
  readonly clientId: string;
  /** `topic.*`: settings of internal topics, such as `min.insync.replicas`. */
  readonly topicConfigs: Readonly<Record<string, string>>;
  /** Names that were given and are not known, each with the nearest known one. */
  readonly warnings: readonly string[];
}

/** Settings as a user writes them: names in code, or the JVM library's property names. */
export type StreamsConfigInput = { readonly [N in SettingName]?: ValueOf<(typeof settingsTable)[N]> | string } & {
  readonly [property: string]: unknown;
};

/** One wrong or missing setting. */
export interface ConfigFault {
  readonly name: string;
  readonly env: string;
  /** What came, as text; undefined when nothing did. */
  readonly came: string | undefined;
  readonly expected: string;
}

/** One row of the page of settings. */
export interface SettingRow {
  readonly name: string;
  readonly code: string;
  readonly env: string;
  readonly expected: string;
  readonly fallback: string;
  readonly doc: string;
}

const rows = Object.entries(settingsTable) as [SettingName, Setting<unknown>][];
const codeNames = new Map(rows.map(([code, { name }]) => [name, code]));
/** The JVM library hands these through to its clients; a setting that Millrace has is taken with or without them. */
const prefixes = ['main.consumer.', 'restore.consumer.', 'consumer.', 'producer.', 'admin.'];
/** Names that the JVM library has given up and still takes. */
const oldNames: ReadonlyMap<string, SettingName> = new Map([
  ['cache.max.bytes.buffering', 'statestoreCacheMaxBytes'],
  ['default.deserialization.exception.handler', 'deserializationExceptionHandler'],
  ['default.production.exception.handler', 'productionExceptionHandler'],
]);
const topicPrefix = 'topic.';
const secrets: ReadonlySet<SettingName> = new Set(['saslPassword', 'interactiveQueryToken']);

/** Reads settings given in code. Throws MR_CONFIG_INVALID with every fault. */
export function parseConfig(input: StreamsConfigInput | Readonly<Record<string, unknown>>): StreamsConfig {
  const found = new Map<SettingName, unknown>();
  const byOldName = new Map<SettingName, unknown>();
  const topicConfigs: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [given, raw] of Object.entries(input)) {
    if (raw === undefined) continue;
    const property = propertyOf(given);
    const code = codeNames.get(withoutPrefix(property));
    const renamed = oldNames.get(property);
    if (code !== undefined) found.set(code, raw);
    else if (renamed !== undefined) {
      byOldName.set(renamed, raw);
      warnings.push(`The setting '${given}' is now called ${settingsTable[renamed].name}`);
    } else if (property.startsWith(topicPrefix)) topicConfigs[property.slice(topicPrefix.length)] = String(raw);
    else warnings.push(unknownName(given, property));
  }
  return completed(valuesOf(new Map([...byOldName, ...found])), topicConfigs, warnings);
}

/** Reads settings of the environment. Variables that are no settings are left alone, but one that is nearly a setting is warned about. */
export function configFromEnv(env: Readonly<Record<string, string | undefined>>): StreamsConfig {
  const input: Record<string, string> = {};
  const warnings: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || value === '') continue;
    const property = variable.toLowerCase().replaceAll('_', '.');
    const isSetting =
      codeNames.has(withoutPrefix(property)) || oldNames.has(property) || property.startsWith(topicPrefix);
    if (isSetting) input[property] = value;
    else if (distance(property, nearest(property)) <= 2) warnings.push(unknownName(variable, property));
  }
  const config = parseConfig(input);
  return { ...config, warnings: [...config.warnings, ...warnings] };
}

/** The page of settings as data, in the order of the table. */
export function settingRows(): readonly SettingRow[] {
  return rows.map(([code, { name, kind, fallback, doc }]) => ({
    name,
    code,
    env: envOf(name),
    expected: kind.expected,
    fallback: fallback === undefined ? 'required' : fallback === null ? '' : String(fallback),
    doc,
  }));
}

function valuesOf(found: ReadonlyMap<SettingName, unknown>): Values {
  const faults: ConfigFault[] = [];
  const values: Record<string, unknown> = {};
  for (const [code, { name, kind, fallback }] of rows) {
    const raw = found.get(code);
    const value = raw === undefined ? fallback : kind.read(raw);
    if (value === undefined) {
      const came = raw === undefined ? undefined : secrets.has(code) ? '(secret)' : shown(raw);
      faults.push({ name, env: envOf(name), came, expected: kind.expected });
    }
    values[code] = value;
  }
  const complete = values as unknown as Values;
  faults.push(...conflicts(complete, new Set(faults.map(({ name }) => name))));
  if (faults.length > 0) throw millraceError('MR_CONFIG_INVALID', { faults });
  return complete;
}

/** Settings that are right by themselves, but not together. */
function conflicts(values: Values, wrong: ReadonlySet<string>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const expect = (holds: boolean, code: SettingName, expected: string, ...others: readonly SettingName[]): void => {
    const { name } = settingsTable[code];
    const known = [code, ...others].every((one) => !wrong.has(settingsTable[one].name));
    if (known && !holds) faults.push({ name, env: envOf(name), came: shown(values[code]), expected });
  };
  const { heartbeatIntervalMs, sessionTimeoutMs, transactionTimeoutMs, processingGuarantee } = values;
  const isDeadLetter = values.deserializationExceptionHandler === 'dead-letter';
  expect(
    heartbeatIntervalMs < sessionTimeoutMs,
    'heartbeatIntervalMs',
    `less than session.timeout.ms (${sessionTimeoutMs})`,
    'sessionTimeoutMs',
  );
  expect(
    processingGuarantee !== 'exactly_once_v2' || intervalOf(values) < transactionTimeoutMs,
    'commitIntervalMs',
    `less than transaction.timeout.ms (${transactionTimeoutMs})`,
    'transactionTimeoutMs',
    'processingGuarantee',
  );
  expect(
    processingGuarantee !== 'exactly_once_v2' || drainTimeoutOf(values) < transactionTimeoutMs,
    'asyncDrainTimeoutMs',
    `less than transaction.timeout.ms (${transactionTimeoutMs})`,
    'transactionTimeoutMs',
    'processingGuarantee',
  );
  expect(
    !isDeadLetter || values.errorsDeadLetterQueueTopicName !== null,
    'errorsDeadLetterQueueTopicName',
    'a topic, since deserialization.exception.handler is dead-letter',
    'deserializationExceptionHandler',
  );
  expect(
    !values.securityProtocol?.startsWith('SASL') || (values.saslUsername !== null && values.saslPassword !== null),
    'saslUsername',
    'a user, with sasl.password, since security.protocol asks for a login',
    'securityProtocol',
    'saslPassword',
  );
  return faults;
}

function completed(
  values: Values,
  topicConfigs: Readonly<Record<string, string>>,
  warnings: readonly string[],
): StreamsConfig {
  return {
    ...values,
    commitIntervalMs: intervalOf(values),
    asyncDrainTimeoutMs: drainTimeoutOf(values),
    clientId: values.clientId ?? values.applicationId,
    topicConfigs,
    warnings,
  };
}

function intervalOf({ commitIntervalMs, processingGuarantee }: Values): number {
  return commitIntervalMs ?? (processingGuarantee === 'exactly_once_v2' ? 100 : 30_000);
}

function drainTimeoutOf({ asyncDrainTimeoutMs, processingGuarantee, ...limits }: Values): number {
  const limit = processingGuarantee === 'exactly_once_v2' ? limits.transactionTimeoutMs : limits.maxPollIntervalMs;
  return asyncDrainTimeoutMs ?? limit / 2;
}

/** `commitIntervalMs` and `commit.interval.ms` are both `commit.interval.ms`. */
function propertyOf(given: string): string {
  return settingsTable[given as SettingName]?.name ?? given;
}

function withoutPrefix(property: string): string {
  const prefix = prefixes.find((one) => property.startsWith(one));
  return prefix === undefined ? property : property.slice(prefix.length);
}

function envOf(property: string): string {
  return property.toUpperCase().replaceAll('.', '_');
}

function shown(raw: unknown): string {
  if (typeof raw === 'object' && raw !== null)
    return Array.isArray(raw) ? `[${raw.map(shown).join(', ')}]` : 'an object';
  return String(raw);
}

function unknownName(given: string, property: string): string {
  const known = nearest(property);
  const hint = distance(property, known) <= 1 + property.length / 3 ? `; did you mean ${known}?` : '';
  return `The setting '${given}' is not known${hint}`;
}

function nearest(property: string): string {
  const dotted = property.replace(/[A-Z]/g, (letter) => `.${letter.toLowerCase()}`);
  return [...codeNames.keys()].reduce((best, name) => (distance(dotted, name) < distance(dotted, best) ? name : best));
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
