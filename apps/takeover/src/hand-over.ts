/** What whoever goes on with an application finds: an empty group, event times that never go back, something left to do, and a check that all of it fits. */
import { systemClock } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { mayTakeOver, parseConfig, takeoverCheck, type Finding, type OffsetMetadata } from '@millrace/runtime';
import type { ApplicationSpec } from './application-spec.ts';
import type { ClusterView } from './cluster-view.ts';
import { describeOnJvm } from './jvm-build.ts';
import type { Leg } from './legs.ts';
import type { Scenario } from './scenario.ts';

const beginTimeoutMs = 60_000;

export interface HandOverOptions {
  readonly bootstrap: string;
  readonly classPath: string;
  readonly client: KafkaClient;
  readonly view: ClusterView;
  /** A transaction that somebody left who was killed is gone after this. */
  readonly patienceMs: number;
  readonly applications: readonly ApplicationSpec[];
  readonly say: (text: string) => void;
  readonly fault: (scenario: Scenario, fault: string) => void;
}

export class HandOver {
  readonly #options: HandOverOptions;
  readonly #descriptions: readonly string[];
  readonly #metadata = new Map<string, ReadonlyMap<string, OffsetMetadata>>();
  readonly #committed = new Map<string, number>();

  constructor(options: HandOverOptions) {
    this.#options = options;
    this.#descriptions = describeOnJvm(options.classPath, options.applications);
  }

  /** Waits until every application has done something since the last look, so that there is something to take over. */
  async somethingDone(): Promise<void> {
    const { applications, fault } = this.#options;
    const until = systemClock.monotonic() + beginTimeoutMs;
    for (const application of applications) {
      while (!(await this.#hasDoneSomething(application))) {
        if (systemClock.monotonic() > until) return fault(application.scenario, 'it does nothing');
        await systemClock.sleep(100);
      }
    }
  }

  async #hasDoneSomething({ scenario, applicationId }: ApplicationSpec): Promise<boolean> {
    const { view } = this.#options;
    if ((await view.committedRecords(applicationId)) <= (this.#committed.get(applicationId) ?? 0)) return false;
    const { pendingStore, progressOf = [] } = scenario;
    if (pendingStore !== undefined && (await view.liveRows(`${applicationId}-${pendingStore}-changelog`)) === 0)
      return false;
    const metadata = [...(await view.offsetMetadata(applicationId)).values()];
    return progressOf.every((store) => metadata.every(({ emitted }) => emitted.has(store)));
  }

  /** While the JVM application runs, the check says so. */
  async isRefused(): Promise<void> {
    const { applications, fault } = this.#options;
    for (const application of applications) {
      const faults = (await this.#findings(application)).filter(({ verdict }) => verdict === 'differs');
      if (!faults.some(({ about, text }) => about === 'group' && text.startsWith('Instances of the JVM library')))
        fault(application.scenario, 'takeover-check does not see that the JVM application runs');
    }
  }

  /** After the end of a leg. */
  async look(leg: Leg, index: number): Promise<void> {
    const { applications } = this.#options;
    for (const application of applications) {
      await this.#options.view.groupEmpty(application.applicationId);
      await this.#lookForWork(application, leg, index);
      await this.#lookAtMetadata(application, index);
      await this.#lookWhetherFits(application, index);
    }
  }

  async #lookForWork({ scenario, applicationId, inputs }: ApplicationSpec, leg: Leg, index: number): Promise<void> {
    const { view, say, fault } = this.#options;
    const topics = scenario.inputs.map((name) => `${inputs}${name}`);
    const left = await view.unprocessed(applicationId, topics);
    this.#committed.set(applicationId, await view.committedRecords(applicationId));
    const { pendingStore } = scenario;
    const pending =
      pendingStore === undefined ? undefined : await view.liveRows(`${applicationId}-${pendingStore}-changelog`);
    say(
      `  ${leg.end === 'kill' ? 'killed' : 'stopped'}, ${scenario.name}: ${left} records not processed` +
        (pending === undefined ? '' : `, ${pending} results pending`),
    );
    if (pending === 0) fault(scenario, `nothing was pending after leg ${index + 1}`);
  }

  /** The metadata of the other side can be read; event time and the progress of final results never go back. */
  async #lookAtMetadata({ scenario, applicationId }: ApplicationSpec, index: number): Promise<void> {
    const { view, fault } = this.#options;
    const before = this.#metadata.get(applicationId);
    const now = await view.offsetMetadata(applicationId);
    this.#metadata.set(applicationId, now);
    if (now.size === 0) fault(scenario, `no offsets were committed in leg ${index + 1}`);
    for (const [partition, { partitionTime, emitted }] of now) {
      const earlier = before?.get(partition);
      if (partitionTime < (earlier?.partitionTime ?? 0))
        fault(scenario, `after leg ${index + 1} the event time of ${partition} is ${partitionTime}`);
      for (const store of scenario.progressOf ?? [])
        if ((emitted.get(store) ?? 0) < (earlier?.emitted.get(store) ?? 1))
          fault(scenario, `after leg ${index + 1} the progress of ${store} in ${partition} is ${emitted.get(store)}`);
    }
  }

  /** What `millrace takeover-check` says before the other side begins; a transaction that a killed one left is aborted first. */
  async #lookWhetherFits(application: ApplicationSpec, index: number): Promise<void> {
    const until = systemClock.monotonic() + this.#options.patienceMs;
    let findings = await this.#findings(application);
    while (!mayTakeOver(findings) && systemClock.monotonic() < until) findings = await this.#findings(application);
    for (const { verdict, text } of findings)
      if (verdict === 'differs')
        this.#options.fault(application.scenario, `takeover-check after leg ${index + 1}: ${text}`);
  }

  #findings(application: ApplicationSpec): Promise<readonly Finding[]> {
    const { bootstrap, client, applications } = this.#options;
    const { scenario, applicationId, ...prefixes } = application;
    const description = this.#descriptions[applications.indexOf(application)];
    const config = parseConfig({ ...scenario.settings, applicationId, bootstrapServers: bootstrap });
    return takeoverCheck(scenario.program(prefixes, config), { client, config, description });
  }
}
