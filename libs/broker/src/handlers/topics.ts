/** Creating, growing and deleting topics. */
import { errorCodes } from '@millrace/protocol';
import { settingFault, settingOf, topicSettings } from '../topic-settings.ts';
import { isLegalTopicName, type Topic } from '../topics.ts';
import type { BrokerState, Handler, Handlers } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type NewTopic = Request<'CreateTopics'>['topics'][number];
type Creation = NonNullable<Response<'CreateTopics'>['topics']>[number];
type Growth = Request<'CreatePartitions'>['topics'][number];

interface Refusal {
  readonly errorCode: number;
  readonly errorMessage: string;
}

const maxPartitions = 10_000;
/** DescribeConfigs' numbers of where a value comes from. */
const sources = { topic: 1, default: 5 } as const;

/** CreateTopics, DeleteTopics, CreatePartitions. */
export function topicHandlers(state: BrokerState): Handlers {
  return {
    CreateTopics: ({ topics, validateOnly }, _context, reply) =>
      reply({ topics: topics.map((topic) => create(state, topic, isTwice(topics, topic.name), validateOnly)) }),
    DeleteTopics: deleteTopics(state),
    CreatePartitions: ({ topics, validateOnly }, _context, reply) =>
      reply({ results: topics.map((growth) => grow(state, growth, validateOnly)) }),
  };
}

function isTwice(topics: readonly { readonly name: string }[], name: string): boolean {
  return topics.filter((topic) => topic.name === name).length > 1;
}

function create(state: BrokerState, wanted: NewTopic, isDouble: boolean, validateOnly: boolean): Creation {
  const { name, configs } = wanted;
  const refusal = isDouble
    ? { errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'The request names the topic twice.' }
    : creationFault(state, wanted);
  if (refusal !== undefined) return { name, ...refusal };
  const own = new Map(configs.map((config) => [config.name, config.value as string]));
  const numPartitions = partitionCount(state, wanted);
  const answer = { name, numPartitions, replicationFactor: 1, configs: describe(own) };
  if (validateOnly) return answer;
  return { ...answer, topicId: state.topics.create(name, numPartitions, own).id };
}

function partitionCount({ limits }: BrokerState, { numPartitions, assignments }: NewTopic): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === -1 ? limits.defaultPartitions : numPartitions;
}

function creationFault(state: BrokerState, wanted: NewTopic): Refusal | undefined {
  const { name, replicationFactor, configs, assignments } = wanted;
  const { nodeId } = state.limits;
  if (!isLegalTopicName(name))
    return { errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, errorMessage: `Topic name '${name}' is not legal.` };
  if (state.topics.get(name) !== undefined)
    return { errorCode: errorCodes.TOPIC_ALREADY_EXISTS, errorMessage: `Topic '${name}' already exists.` };
  const count = partitionCount(state, wanted);
  if (count <= 0 || count > maxPartitions)
    return { errorCode: errorCodes.INVALID_PARTITIONS, errorMessage: `A topic has 1 to ${maxPartitions} partitions.` };
  if (assignments.length === 0 && replicationFactor !== -1 && replicationFactor !== 1)
    return {
      errorCode: errorCodes.INVALID_REPLICATION_FACTOR,
      errorMessage: `Replication factor ${replicationFactor} is not possible: there is one broker.`,
    };
  if (assignments.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== nodeId))
    return {
      errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT,
      errorMessage: `Partitions can only be assigned to broker ${nodeId}.`,
    };
  return configs.map((config) => settingFault(config.name, config.value)).find((fault) => fault !== undefined);
}

function describe(own: ReadonlyMap<string, string>): Creation['configs'] {
  return Object.keys(topicSettings).map((name) => ({
    name,
    value: settingOf(own, name),
    configSource: own.has(name) ? sources.topic : sources.default,
  }));
}

function deleteTopics(state: BrokerState): Handler<'DeleteTopics'> {
  return (request, { version }, reply) => {
    const wanted = version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: '' }));
    const responses = wanted.map(({ name, topicId }) => {
      const topic = name === null ? state.topics.byId(topicId) : state.topics.get(name);
      if (topic === undefined) {
        const errorCode = name === null ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
        return { name, ...(name === null && { topicId }), errorCode };
      }
      remove(state, topic);
      return { name: topic.name, topicId: topic.id };
    });
    reply({ responses });
  };
}

function remove({ topics, groups }: BrokerState, topic: Topic): void {
  topics.delete(topic);
  groups.forgetTopic(topic.name, topic.id);
}

function grow(
  { topics }: BrokerState,
  { name, count, assignments }: Growth,
  validateOnly: boolean,
): { name: string; errorCode?: number; errorMessage?: string } {
  const topic = topics.get(name);
  if (topic === undefined)
    return { name, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'There is no such topic.' };
  const has = topic.partitions.length;
  if (count <= has || count > maxPartitions)
    return { name, errorCode: errorCodes.INVALID_PARTITIONS, errorMessage: `The topic has ${has} partitions.` };
  if (assignments !== null && assignments.length !== count - has) {
    const errorMessage = `There are ${assignments.length} assignments for ${count - has} new partitions.`;
    return { name, errorCode: errorCodes.INVALID_REPLICA_ASSIGNMENT, errorMessage };
  }
  if (!validateOnly) topic.grow(count);
  return { name };
}
