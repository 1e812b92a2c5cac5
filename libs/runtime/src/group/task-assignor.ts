/**
 * The group's assignor `millrace`: cooperative, sticky, state follows its partition. Run by the leader only.
 *
 * All input partitions of a task go to one member. A task that is to move is given to nobody while its owner still has it (KIP-429):
 * the owner gives it up, rejoins, and the next round hands it over. A member of another topology than the group's gets nothing and is told.
 */
import type { GroupAssignor, MemberAssignment, MemberSubscription, TopicView } from '@millrace/ports';
import { isCopied } from '../standby/copied-stores.ts';
import { requireSamePartitions, taskInputs, tasksOf, type ApplicationPlan } from '../application/application-plan.ts';
import { balance, type Candidate } from './balance.ts';
import { isWorthSending, type ClusterView } from '../application/cluster-view.ts';
import { decodeMemberData, encodeVerdict, type MemberData } from './member-data.ts';
import { assignStandbys } from '../standby/standby-assignment.ts';
import { taskIdText, type TaskId } from '../task/stream-task.ts';

export const assignorName = 'millrace';

interface Member extends MemberSubscription {
  readonly data: MemberData;
}

/** `onUnknownTopics` is called when members read topics that the plan does not have. */
export function taskAssignor(
  plan: ApplicationPlan,
  standbyReplicas = 0,
  onUnknownTopics: () => void = () => undefined,
): GroupAssignor {
  return {
    name: assignorName,
    assign: (members, topics) => {
      if (members.some((member) => member.topics.some((topic) => !plan.inputs.has(topic)))) onUnknownTopics();
      requireSamePartitions(plan, partitionCounts(topics));
      return assignTasks(plan, members, standbyReplicas);
    },
  };
}

/** The decision without the cluster. */
export function assignTasks(
  plan: ApplicationPlan,
  subscriptions: readonly MemberSubscription[],
  standbyReplicas = 0,
): ReadonlyMap<string, MemberAssignment> {
  const members = subscriptions.map((one): Member => ({ ...one, data: decodeMemberData(one.memberId, one.userData) }));
  const fingerprint = prevailingFingerprint(members);
  const claims = claimsOf(plan, members);
  const fitting = members.filter(({ data }) => data.fingerprint === fingerprint);
  const ids = plan.groups.map(({ subtopology, tasks }) =>
    Array.from({ length: tasks }, (_, partition): TaskId => ({ subtopology, partition })),
  );
  const byText = new Map(ids.flat().map((id) => [taskIdText(id), id]));
  const targets = balance(
    fitting.map((member) => candidate(member, claims)),
    ids.map((group) => group.map(taskIdText)),
  );
  const shutdown = members.some(({ data }) => data.shutdown === true);
  const given = new Map(
    members.map(({ memberId }) => [
      memberId,
      (targets.get(memberId) ?? []).filter((task) => isFreeFor(memberId, claims.get(task))),
    ]),
  );
  const cluster = clusterView({ plan, members: fitting, targets, given, replicas: standbyReplicas });
  return new Map(
    members.map(({ memberId, data }) => {
      const tasks = given.get(memberId) ?? [];
      const partitions = tasks.flatMap((task) => taskInputs(plan, byText.get(task) as TaskId));
      const isRefused = data.fingerprint !== fingerprint && fingerprint !== undefined;
      const mustRejoin = [...claims].some(([task, claimants]) => claimants.has(memberId) && !tasks.includes(task));
      const userData = encodeVerdict({
        ...(isRefused ? { refusedFor: fingerprint } : {}),
        ...(mustRejoin ? { mustRejoin } : {}),
        ...(shutdown ? { shutdown } : {}),
        ...(isWorthSending(cluster) ? { cluster } : {}),
      });
      return [memberId, { partitions, userData }];
    }),
  );
}

interface Decision {
  readonly plan: ApplicationPlan;
  readonly members: readonly Member[];
  /** Member -> tasks that it is to have, and those that it has from now on. */
  readonly targets: ReadonlyMap<string, readonly string[]>;
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly replicas: number;
}

/** Who runs what, and who keeps copies. A task that is still on its way is kept where it goes to, so that a copy there is not lost. */
function clusterView({ plan, members, targets, given, replicas }: Decision): ClusterView {
  const processes = new Map<string, Member[]>();
  for (const member of members)
    processes.set(member.data.processId, [...(processes.get(member.data.processId) ?? []), member]);
  const tasksIn = (of: ReadonlyMap<string, readonly string[]>, processId: string): readonly string[] =>
    (processes.get(processId) ?? []).flatMap(({ memberId }) => of.get(memberId) ?? []);
  const ids = [...processes.keys()].sort();
  const target = new Map(ids.flatMap((processId) => tasksIn(targets, processId).map((task) => [task, processId])));
  const standbys = assignStandbys({
    replicas,
    tasks: new Map(statefulTasks(plan).map((task) => [task, target.get(task)])),
    processes: ids.map((processId) => ({
      processId,
      threads: processes.get(processId)?.length ?? 1,
      stored: new Map(Object.entries(processes.get(processId)?.[0]?.data.stored ?? {})),
    })),
  });
  return {
    processes: ids.map((processId) => {
      const active = tasksIn(given, processId);
      const coming = replicas === 0 ? [] : tasksIn(targets, processId).filter((task) => !active.includes(task));
      const standby = [...new Set([...(standbys.get(processId) ?? []), ...coming])].sort();
      return { processId, host: processes.get(processId)?.[0]?.data.host ?? null, active: [...active].sort(), standby };
    }),
  };
}

/** Tasks with something to copy. */
function statefulTasks({ groups, subtopologies = [] }: ApplicationPlan): readonly string[] {
  return groups.flatMap(({ subtopology, tasks }) => {
    const stores = subtopologies.find(({ id }) => id === subtopology)?.stores ?? [];
    if (!stores.some(isCopied)) return [];
    return Array.from({ length: tasks }, (_, partition) => taskIdText({ subtopology, partition }));
  });
}

function partitionCounts(topics: ReadonlyMap<string, TopicView>): ReadonlyMap<string, number> {
  return new Map([...topics].map(([name, { partitions }]) => [name, partitions.length]));
}

/** The topology that runs stays; among equals the one with more members. */
function prevailingFingerprint(members: readonly Member[]): string | undefined {
  const weights = new Map<string, number>();
  for (const { data, owned } of members) {
    const weight = 1 + owned.length * members.length;
    weights.set(data.fingerprint, (weights.get(data.fingerprint) ?? 0) + weight);
  }
  const [first] = [...weights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return first?.[0];
}

/** Who has a task, or a part of it: task -> members. Of several claims to a partition those of the newest generation count. */
function claimsOf(plan: ApplicationPlan, members: readonly Member[]): ReadonlyMap<string, ReadonlySet<string>> {
  const newest = new Map<string, number>();
  const each = (visit: (member: Member, partition: string, at: Member['owned'][number]) => void): void => {
    for (const member of members) for (const at of member.owned) visit(member, `${at.topic}-${at.partition}`, at);
  };
  each(({ generation }, name) => newest.set(name, Math.max(newest.get(name) ?? -1, generation)));
  const claims = new Map<string, Set<string>>();
  each(({ memberId, generation }, name, at) => {
    if (generation < (newest.get(name) ?? -1)) return;
    for (const task of tasksOf(plan, [at]).keys()) claims.set(task, (claims.get(task) ?? new Set()).add(memberId));
  });
  return claims;
}

function candidate({ memberId, data }: Member, claims: ReadonlyMap<string, ReadonlySet<string>>): Candidate {
  const owned = [...claims].filter(([, members]) => members.has(memberId)).map(([task]) => task);
  return {
    memberId,
    processId: data.processId,
    thread: data.thread,
    owned: new Set(owned),
    stored: new Map(Object.entries(data.stored ?? {})),
  };
}

/** Whether nobody else still has it. */
function isFreeFor(memberId: string, claimants: ReadonlySet<string> = new Set()): boolean {
  return [...claimants].every((one) => one === memberId);
}
