/** Holds what a case came to against what the JVM did, soonest fault first. */
import { Buffer } from 'node:buffer';
import { describe, internalTopics, subtopologies, type Program } from '@millrace/topology';
import { copartitionGroups } from './copartition-groups.ts';
import { compareStores } from './compare-stores.ts';
import type { ExpectedRecord, GoldenCase } from './golden-case.ts';
import type { Outcome, Produced } from './run-case.ts';

/** Differences in words; none: the case passes. */
export function compareCase({ expected }: GoldenCase, outcome: Outcome): string[] {
  const wanted = expected.error;
  const { failure, program } = outcome;
  if (failure !== undefined && wanted === undefined) return [`failed in ${failure.phase}: ${messageOf(failure.error)}`];
  if (wanted !== undefined) {
    const step = wanted.step ?? -1;
    if (failure === undefined) return [`did not fail; the JVM fails in ${wanted.phase} at step ${step}`];
    if (failure.phase !== wanted.phase || failure.step !== step)
      return [
        `failed in ${failure.phase} at step ${failure.step}, the JVM in ${wanted.phase} at step ${step}: ${messageOf(failure.error)}`,
      ];
    if (wanted.phase !== 'run') return [];
  }
  if (program === undefined) return ['nothing was built'];
  return [...compareTopology(expected, program, outcome), ...compareRun(expected, outcome)];
}

type Expected = GoldenCase['expected'];

function compareTopology(expected: Expected, program: Program, { applicationId }: Outcome): string[] {
  const { topology } = program;
  return [
    ...differing('describe', describe(topology), expected.describe),
    ...differing('internal topics', topicsOf(program, applicationId), expectedTopics(expected)),
    ...differing('sub-topologies', partsOf(program, applicationId), sorted(expected.subtopologies.map(partText))),
    ...differing(
      'copartition groups',
      sorted(copartitionGroups(topology, applicationId).map(String)),
      sorted(expected.copartitionGroups.map(String)),
    ),
  ];
}

function compareRun(expected: Expected, outcome: Outcome): string[] {
  const { produced, applicationId, program } = outcome;
  const internal = program === undefined ? [] : internalTopicsOf(program, applicationId);
  const internalNames = new Set(internal.map(({ name }) => name));
  const own = (topic: string): boolean => internalNames.has(topic);
  const outputs = produced.filter(({ topic }) => !own(topic));
  const faults = differing('outputs', outputs.map(outputText), expected.outputs.map(outputText));
  for (const [kind, topics] of [
    ['changelog', expected.changelogs],
    ['repartition', expected.repartition],
  ] as const) {
    for (const [topic, records] of Object.entries(topics)) {
      const found = produced.filter((record) => record.topic === topic);
      faults.push(...differing(`${kind} ${topic}`, found.map(recordText), records.map(expectedText)));
    }
  }
  const known = new Set([...Object.keys(expected.changelogs), ...Object.keys(expected.repartition)]);
  const more = new Set(produced.filter(({ topic }) => own(topic) && !known.has(topic)).map(({ topic }) => topic));
  for (const topic of more) faults.push(`wrote to ${topic}, the JVM did not`);
  faults.push(...differing('dropped records', outcome.dropped, expected.droppedRecords));
  if (expected.error !== undefined) return faults;
  faults.push(...compareStores(expected.stores ?? {}, outcome.stores, loggedKeys(expected, applicationId)));
  if (faults.length === 0)
    faults.push(...differing('order of production', orderOf(produced), orderOf(allExpected(expected))));
  return [...faults, ...compareCommitted(expected, outcome)];
}

/** Whether the changelog of a store of sessions has a key, by its text. */
function loggedKeys({ changelogs }: Expected, applicationId: string): (store: string, key: string) => boolean {
  return (store, key) =>
    (changelogs[`${applicationId}-${store}-changelog`] ?? []).some((record) => {
      const bytes = Buffer.from(record.key ?? '', 'hex').subarray(0, -16);
      const number = bytes.length === 8 ? bytes.readBigInt64BE() : bytes.length === 4 ? bytes.readInt32BE() : undefined;
      return bytes.toString('utf8') === key || String(number) === key;
    });
}

/** Under exactly-once the recorder sees nothing of it. */
function compareCommitted({ committed = {} }: Expected, outcome: Outcome): string[] {
  if (Object.keys(committed).length === 0) return [];
  const found = Object.fromEntries(
    outcome.committed.map(({ topic, partition, metadata }) => [`${topic}-${partition}`, metadata]),
  );
  return [...new Set([...Object.keys(committed), ...Object.keys(found)])].flatMap((partition) =>
    differing(`metadata of ${partition}`, found[partition], committed[partition]?.metadata),
  );
}

function allExpected({ outputs, changelogs, repartition }: Expected): ExpectedRecord[] {
  const internal = [...Object.entries(changelogs), ...Object.entries(repartition)];
  return [...outputs, ...internal.flatMap(([topic, records]) => records.map((record) => ({ ...record, topic })))].sort(
    (a, b) => a.n - b.n,
  );
}

function orderOf(records: readonly (ExpectedRecord | Produced)[]): string[] {
  return records.map(
    ({ step, topic, key }) =>
      `step ${step} to ${topic} ${typeof key === 'string' || key === null ? key : (key as Buffer).toString('hex')}`,
  );
}

function internalTopicsOf({ topology }: Program, applicationId: string) {
  const sources = topology.nodes.flatMap((node) => (node.kind === 'source' && !node.internal ? node.topics : []));
  return internalTopics(topology, { applicationId, sourcePartitions: new Map(sources.map((topic) => [topic, 1])) })
    .topics;
}

function topicsOf(program: Program, applicationId: string): string[] {
  return sorted(
    internalTopicsOf(program, applicationId).map(({ kind, name, configs }) => `${kind} ${name} ${configText(configs)}`),
  );
}

function expectedTopics({ internalTopics: topics }: Expected): string[] {
  return sorted(
    topics.filter(({ created }) => created).map(({ kind, name, config }) => `${kind} ${name} ${configText(config)}`),
  );
}

function configText(config: Readonly<Record<string, string>>): string {
  return sorted(Object.entries(config).map(([key, value]) => `${key}=${value}`)).join(',');
}

function partsOf({ topology }: Program, applicationId: string): string[] {
  const own = (name: string): string => `${applicationId}-${name}`;
  return sorted(
    subtopologies(topology).map(({ id, nodes, sourceTopics, repartitionSources, repartitionSinks }) => {
      // A sink that chooses its topic by the record has none.
      const sinks = nodes.flatMap((node) =>
        node.kind === 'sink' && !node.internal && node.topic !== '' ? [node.topic] : [],
      );
      return partText({
        id,
        sourceTopics: sorted([...sourceTopics, ...repartitionSources.map(own)]),
        sinkTopics: sorted([...new Set([...sinks, ...repartitionSinks.map(own)])]),
      });
    }),
  );
}

function partText({ id, sourceTopics, sinkTopics }: Expected['subtopologies'][number]): string {
  return `${id} [${sorted(sourceTopics).join(', ')}] -> [${sorted(sinkTopics).join(', ')}]`;
}

function recordText({ step, key, value, timestamp, headers }: Produced): string {
  const given = headers.map(({ key: name, value: bytes }) => `${name}=${headerText(name, bytes)}`).join(',');
  return `step ${step} ${hexOf(key)} -> ${hexOf(value)} @${timestamp}${given === '' ? '' : ` [${given}]`}`;
}

/** With its topic: records to topics of the application stand under theirs. */
function outputText(record: Produced | ExpectedRecord): string {
  return `${record.topic}, ${'n' in record && 'ts' in record ? expectedText(record) : recordText(record as Produced)}`;
}

/** Stack traces differ: they stand for any bytes. */
function headerText(name: string, bytes: Uint8Array | null): string {
  return name === '__streams.errors.stacktrace' && bytes !== null ? '*' : hexOf(bytes as Buffer | null);
}

function expectedText({ step, key, value, ts, headers = [] }: ExpectedRecord): string {
  const given = headers.map(([name, bytes]) => `${name}=${bytes}`).join(',');
  return `step ${step} ${key} -> ${value} @${ts}${given === '' ? '' : ` [${given}]`}`;
}

function hexOf(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString('hex');
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort();
}

/** The first place where two lists, or two values, differ. */
function differing(what: string, found: unknown, wanted: unknown): string[] {
  if (Array.isArray(found) && Array.isArray(wanted)) {
    const at = Math.max(found.length, wanted.length);
    for (let i = 0; i < at; i++) {
      if (found[i] === wanted[i]) continue;
      return [`${what} ${i}: ${String(found[i])}\n      the JVM: ${String(wanted[i])}`];
    }
    return [];
  }
  return found === wanted ? [] : [`${what}: ${JSON.stringify(found)}\n      the JVM: ${JSON.stringify(wanted)}`];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
