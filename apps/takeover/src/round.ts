/**
 * One application of each scenario goes from engine to engine, its twin runs on one JVM without interruption, both on the same input. Afterwards
 * their outputs are compared.
 */
import { seededRandom, systemClock } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ApplicationSpec } from './application-spec.ts';
import { comparable, differences, type ClusterView } from './cluster-view.ts';
import { Engine, type EngineName } from './engine.ts';
import { beginOf, eventsOf, timeOfClosing } from './events.ts';
import { Feeder } from './feeder.ts';
import { HandOver } from './hand-over.ts';
import { legsOf, type Leg } from './legs.ts';
import type { Scenario } from './scenario.ts';

export interface RoundOptions {
  readonly bootstrap: string;
  readonly classPath: string;
  readonly client: KafkaClient;
  readonly view: ClusterView;
  readonly scenarios: readonly Scenario[];
  readonly legs: number;
  readonly events: number;
  readonly seed: number;
  readonly round: number;
  /** Begins the names of topics and applications. */
  readonly prefix: string;
  /** For states and logs. */
  readonly dir: string;
  readonly say: (text: string) => void;
}

/** What was found of one scenario. */
export interface ScenarioResult {
  readonly scenario: string;
  /** Lines of the output that were compared. */
  readonly compared: number;
  readonly faults: readonly string[];
}

const partitions = 3;
const sessionTimeoutMs = 5_000;
const perSlice = 20;
/** Fed while the engine is stopped, beyond the cut. */
const overrun = 0.04;
const closings = 4;
/** The JVM library looks for unmatched rows once a second. */
const closingEveryMs = 1_300;
const settleTimeoutMs = 120_000;

export async function runRound(options: RoundOptions): Promise<readonly ScenarioResult[]> {
  return new Round(options).run();
}

class Round {
  readonly #options: RoundOptions;
  readonly #begin = beginOf(systemClock.now());
  readonly #feeder: Feeder;
  readonly #faults = new Map<string, string[]>();
  readonly #handOver: HandOver;
  readonly #engines: Engine[] = [];

  constructor(options: RoundOptions) {
    this.#options = options;
    const { client, scenarios, events, seed } = options;
    const feeds = scenarios.map((scenario, i) => ({
      prefix: this.#inputs,
      events: eventsOf(scenario, this.#begin, events, seededRandom(seed * 31 + i)),
    }));
    this.#feeder = new Feeder(client.producer(), systemClock, feeds, partitions);
    this.#handOver = new HandOver({
      ...options,
      patienceMs: 3 * sessionTimeoutMs,
      applications: scenarios.map((scenario) => this.#application(scenario, 'moved')),
      fault: (scenario, fault) => this.#fault(scenario, fault),
    });
  }

  get #inputs(): string {
    return `${this.#options.prefix}in-`;
  }

  async run(): Promise<readonly ScenarioResult[]> {
    const { scenarios, legs, round, seed, say } = this.#options;
    await this.#createTopics();
    await this.#feeder.prepare(scenarios.flatMap((scenario) => this.#fedTopics(scenario)));
    for (const { before = [] } of scenarios) await this.#feeder.feedBefore(this.#inputs, before, this.#begin);
    try {
      const twin = this.#engine('jvm', 'twin', 'twin');
      await twin.running();
      say('the uninterrupted JVM runs');
      for (const [i, leg] of legsOf(legs, round, seededRandom(seed)).entries()) await this.#leg(leg, i);
      await twin.stop();
      return await Promise.all(scenarios.map((scenario) => this.#compared(scenario)));
    } finally {
      await Promise.all(this.#engines.map((engine) => engine.kill()));
    }
  }

  async #leg(leg: Leg, index: number): Promise<void> {
    const { legs, say } = this.#options;
    // Each leg begins without local state: what it has, it has from the changelogs.
    const engine = this.#engine(leg.engine, 'moved', `leg-${index + 1}-${leg.engine}`);
    await engine.running();
    say(`leg ${index + 1}: ${leg.engine} runs`);
    if (index === 0) await this.#handOver.isRefused();
    if (index < 2) await this.#stranger(leg.engine === 'jvm' ? 'millrace' : 'jvm', index);
    if (index === legs - 1) {
      await this.#feeder.feedTo(1, perSlice);
      await this.#close();
      return engine.stop();
    }
    await this.#feeder.feedTo(leg.until, perSlice);
    await this.#handOver.somethingDone();
    const feeding = this.#feeder.feedTo(leg.until + overrun, perSlice);
    await (leg.end === 'kill' ? engine.kill() : engine.stop());
    await feeding;
    await this.#handOver.look(leg, index);
  }

  /** An instance of the other engine, while one runs: it must be refused, and the one that runs must not mind. */
  async #stranger(engine: EngineName, index: number): Promise<void> {
    const { scenarios, say } = this.#options;
    const first = scenarios[0] as Scenario;
    const stranger = this.#engine(engine, 'moved', `stranger-${index + 1}-${engine}`, [first]);
    const wanted = engine === 'millrace' ? /MR_RUNTIME_JVM_MEMBER|MR_CLIENT_GROUP_IN_USE/ : /InconsistentGroupProtocol/;
    const line = await stranger.says(`${this.#applicationId(first, 'moved')} failed: `);
    await stranger.kill();
    say(`  a ${engine} instance beside it is refused: ${line.replace(/^.* failed: /, '').slice(0, 110)}`);
    if (!wanted.test(line)) this.#fault(first, `an instance of ${engine} beside the other was refused with: ${line}`);
  }

  /** Everything is processed, then event time goes on until all windows have closed. */
  async #close(): Promise<void> {
    const { scenarios, events, say } = this.#options;
    await this.#settled();
    say('all of the input is processed; event time goes on until all windows have closed');
    for (let i = 0; i < closings; i++) {
      for (const { closedBy } of scenarios)
        if (closedBy !== undefined)
          await this.#feeder.feedAll(`${this.#inputs}${closedBy}`, timeOfClosing(this.#begin, events, i));
      await systemClock.sleep(closingEveryMs);
    }
    await this.#settled();
  }

  async #settled(): Promise<void> {
    const { scenarios, view } = this.#options;
    const until = systemClock.monotonic() + settleTimeoutMs;
    // A look takes one topic after the other, and what was there when it began may have made more: two in a row say that it is over.
    for (let quiet = 0; quiet < 2;) {
      const counts = await Promise.all(
        scenarios.flatMap((scenario) =>
          (['twin', 'moved'] as const).map((role) =>
            view.unprocessed(this.#applicationId(scenario, role), this.#inputTopics(scenario)),
          ),
        ),
      );
      quiet = counts.every((count) => count === 0) ? quiet + 1 : 0;
      if (systemClock.monotonic() > until)
        throw new Error(`the input is not processed in time: ${counts.join(', ')} records are left`);
    }
  }

  async #compared(scenario: Scenario): Promise<ScenarioResult> {
    const { view } = this.#options;
    const linesOf = async (role: Role): Promise<readonly string[]> =>
      comparable(scenario, await view.output(`${this.#outputs(role)}${scenario.output}`));
    const wanted = await linesOf('twin');
    const found = differences(wanted, await linesOf('moved'));
    const faults = [...(this.#faults.get(scenario.name) ?? []), ...found];
    if (wanted.length === 0) faults.push('the uninterrupted run has no results');
    return { scenario: scenario.name, compared: wanted.length, faults };
  }

  #engine(engine: EngineName, role: Role, name: string, scenarios = this.#options.scenarios): Engine {
    const { bootstrap, classPath, dir } = this.#options;
    const stateDir = path.join(dir, name);
    mkdirSync(stateDir, { recursive: true });
    const started = new Engine({
      engine,
      classPath,
      bootstrap,
      stateDir,
      sessionTimeoutMs,
      logFile: path.join(dir, `${name}.log`),
      applications: scenarios.map((scenario) => this.#application(scenario, role)),
    });
    this.#engines.push(started);
    return started;
  }

  async #createTopics(): Promise<void> {
    const { client, scenarios } = this.#options;
    const names = scenarios.flatMap((scenario) => [
      ...this.#fedTopics(scenario),
      ...roles.map((role) => `${this.#outputs(role)}${scenario.output}`),
    ]);
    // The events are old: nothing may be deleted by time.
    const topic = { partitions, replicationFactor: -1, configs: { 'retention.ms': '-1' } };
    await client.admin.createTopics(names.map((name) => ({ name, ...topic })));
  }

  #fault(scenario: Scenario, fault: string): void {
    this.#faults.set(scenario.name, [...(this.#faults.get(scenario.name) ?? []), fault]);
  }

  #inputTopics({ inputs }: Scenario): readonly string[] {
    return inputs.map((name) => `${this.#inputs}${name}`);
  }

  #fedTopics(scenario: Scenario): readonly string[] {
    const { globalInputs = [] } = scenario;
    return [...this.#inputTopics(scenario), ...globalInputs.map((name) => `${this.#inputs}${name}`)];
  }

  #application(scenario: Scenario, role: Role): ApplicationSpec {
    const applicationId = this.#applicationId(scenario, role);
    return { scenario, applicationId, inputs: this.#inputs, outputs: this.#outputs(role) };
  }

  #applicationId({ name }: Scenario, role: Role): string {
    return `${this.#options.prefix}${role}-${name}`;
  }

  #outputs(role: Role): string {
    return `${this.#options.prefix}${role}-out-`;
  }
}

const roles = ['twin', 'moved'] as const;
type Role = (typeof roles)[number];
