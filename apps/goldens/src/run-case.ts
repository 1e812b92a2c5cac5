/** Feeds a case to its topology on the test driver; gives everything that came of it. */
import { Buffer } from 'node:buffer';
import { invariant } from '@millrace/base';
import type { Header, OffsetToCommit } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { TopologyTestDriver, type DriverOptions, type InputRecord, type ProducedRecord } from '@millrace/test-driver';
import type { Program } from '@millrace/topology';
import { buildCase } from './build-case.ts';
import type { StoreContents } from './compare-stores.ts';
import { storeContents } from './store-contents.ts';
import type { CaseInput, GoldenCase, RecordInput } from './golden-case.ts';

/** A record and the input that caused it. */
export interface Produced extends ProducedRecord {
  readonly step: number;
  readonly n: number;
}

/** What a case came to. Where it failed, `failure` says so and the rest is what was there before. */
export interface Outcome {
  readonly applicationId: string;
  readonly program?: Program;
  readonly produced: readonly Produced[];
  readonly dropped: number;
  readonly committed: readonly OffsetToCommit[];
  readonly stores: readonly StoreContents[];
  readonly failure?: { readonly phase: 'build' | 'start' | 'run'; readonly step: number; readonly error: unknown };
}

export async function runCase(golden: GoldenCase): Promise<Outcome> {
  const applicationId = golden.config?.['application.id'] ?? 'app';
  const nothing = { applicationId, produced: [], dropped: 0, committed: [], stores: [] };
  let program: Program;
  try {
    program = buildCase(golden);
  } catch (error) {
    return { ...nothing, failure: { phase: 'build', step: -1, error } };
  }
  let driver: TopologyTestDriver;
  try {
    driver = await TopologyTestDriver.open(program, optionsOf(golden, applicationId));
  } catch (error) {
    return { ...nothing, program, failure: { phase: 'start', step: -1, error } };
  }
  try {
    return { applicationId, program, ...(await feed(golden.inputs, driver, applicationId, program)) };
  } finally {
    await driver.close();
  }
}

async function feed(inputs: readonly CaseInput[], driver: TopologyTestDriver, applicationId: string, program: Program) {
  const produced: Produced[] = [];
  let failure: Outcome['failure'];
  for (const [step, input] of inputs.entries()) {
    const before = driver.produced.length;
    try {
      await give(input, driver);
    } catch (error) {
      failure = { phase: 'run', step, error };
      break;
    }
    for (let n = before; n < driver.produced.length; n++)
      produced.push({ ...(driver.produced[n] as ProducedRecord), step, n });
  }
  const dropped = [...driver.dropped.values()].reduce((sum, count) => sum + count, 0);
  const stores = storeContents(program, applicationId, produced, {
    stores: driver.stores,
    entries: (name) => driver.storeEntries(name),
    versioned: (name) => {
      const store = driver.getVersionedKeyValueStore(name);
      invariant(store, `the case has a store ${name}`);
      return store;
    },
  });
  return {
    produced,
    dropped,
    committed: driver.committedOffsets,
    stores,
    ...(failure === undefined ? {} : { failure }),
  };
}

function give(input: CaseInput, driver: TopologyTestDriver): Promise<void> {
  if ('advanceWallClockMs' in input) return driver.advanceWallClockTime(input.advanceWallClockMs);
  if ('commit' in input) return driver.commit();
  return driver.pipe(input.topic, recordOf(input));
}

export function recordOf(input: RecordInput): InputRecord {
  const { keyHex, valueHex, ts, headers = [] } = input;
  return {
    key: bytesOf(keyHex, input),
    value: bytesOf(valueHex, input),
    timestamp: ts,
    headers: headers.map(([key, hex]): Header => ({ key, value: hex === null ? null : Buffer.from(hex, 'hex') })),
  };
}

function bytesOf(hex: string | null | undefined, { topic }: RecordInput): Buffer | null {
  if (hex === undefined) throw new Error(`a record for ${topic} was not fed by the recorder`);
  return hex === null ? null : Buffer.from(hex, 'hex');
}

/** Properties of a case that a driver knows; the others are settings of the builder or change nothing that is seen. */
export function optionsOf({ config = {}, commit }: GoldenCase, applicationId: string): DriverOptions {
  const cache = config['statestore.cache.max.bytes'];
  const interval = config['__emit.interval.ms.kstreams.windowed.aggregation__'];
  const joinInterval = config['__emit.interval.ms.kstreams.outer.join.spurious.results.fix__'];
  const continues = config['deserialization.exception.handler']?.endsWith('LogAndContinueExceptionHandler') === true;
  return {
    applicationId,
    defaultKeySerde: Serdes.string(),
    defaultValueSerde: Serdes.string(),
    ...(cache === undefined ? {} : { statestoreCacheMaxBytes: Number(cache) }),
    ...(interval === undefined ? {} : { emitIntervalMs: Number(interval) }),
    ...(config['upgrade.from'] === undefined ? {} : { upgradeFrom: config['upgrade.from'] }),
    ...(joinInterval === undefined ? {} : { joinEmitIntervalMs: Number(joinInterval) }),
    maxTaskIdleMs: Number(config['max.task.idle.ms'] ?? 0),
    processingExceptionHandler: config['processing.exception.handler']?.endsWith(
      'LogAndContinueProcessingExceptionHandler',
    )
      ? 'log-and-continue'
      : 'fail',
    ...(continues ? { deserializationExceptionHandler: 'log-and-continue' as const } : {}),
    errorsDeadLetterQueueTopicName: config['errors.dead.letter.queue.topic.name'] ?? null,
    commit: commit === 'manual' ? 'manual' : 'eachRecord',
  };
}
