/** What clients ask about the cluster: nodes, topics, coordinators. */
import { errorCodes } from '@millrace/protocol';
import { leaderEpoch } from '../partition.ts';
import { isLegalTopicName, type Topic } from '../topics.ts';
import type { BrokerState, Handler, Handlers, RequestContext } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type TopicAnswer = NonNullable<Response<'Metadata'>['topics']>[number];

/** Metadata, DescribeCluster, FindCoordinator, SaslHandshake, SaslAuthenticate. */
export function clusterHandlers(state: BrokerState): Handlers {
  return {
    Metadata: (request, context, reply) => reply(metadata(state, request, context)),
    DescribeCluster: describeCluster(state),
    FindCoordinator: findCoordinator(state),
    // Nobody has to log in here; a client that tries is told as a listener without SASL does.
    SaslHandshake: (_request, _context, reply) => reply({ errorCode: errorCodes.ILLEGAL_SASL_STATE }),
    SaslAuthenticate: (_request, _context, reply) =>
      reply({ errorCode: errorCodes.ILLEGAL_SASL_STATE, errorMessage: 'This listener does not offer SASL.' }),
  };
}

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA';

function metadata(
  state: BrokerState,
  request: Request<'Metadata'>,
  { version, advertised }: RequestContext,
): Response<'Metadata'> {
  const { nodeId, clusterId } = state.limits;
  // Version 0 has no null: an empty list asks for everything there.
  const asksForAll = request.topics === null || (version === 0 && request.topics.length === 0);
  const topics = asksForAll
    ? [...state.topics.all()].map((topic) => describe(topic, nodeId))
    : (request.topics ?? []).map((wanted) => wantedTopic(state, wanted, request.allowAutoTopicCreation));
  return { brokers: [{ nodeId, ...advertised }], clusterId, controllerId: nodeId, topics };
}

function wantedTopic(
  { topics, limits }: BrokerState,
  { name, topicId }: { readonly name: string | null; readonly topicId: string },
  mayCreate: boolean,
): TopicAnswer {
  if (name === null || (name === '' && topicId !== zeroId)) {
    const topic = topics.byId(topicId);
    return topic ? describe(topic, limits.nodeId) : { errorCode: errorCodes.UNKNOWN_TOPIC_ID, name: null, topicId };
  }
  const topic = topics.get(name);
  if (topic !== undefined) return describe(topic, limits.nodeId);
  if (!isLegalTopicName(name)) return { errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, name };
  if (!mayCreate || !limits.autoCreateTopics) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name };
  return describe(topics.create(name, limits.defaultPartitions, new Map()), limits.nodeId);
}

function describe({ name, id: topicId, partitions }: Topic, nodeId: number): TopicAnswer {
  const described = partitions.map(({ index }) => ({
    partitionIndex: index,
    leaderId: nodeId,
    leaderEpoch,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
  }));
  return { name, topicId, partitions: described };
}

function describeCluster({ limits }: BrokerState): Handler<'DescribeCluster'> {
  return ({ endpointType }, { advertised }, reply) => {
    const { nodeId, clusterId } = limits;
    if (endpointType !== 1)
      return reply({ errorCode: errorCodes.UNSUPPORTED_ENDPOINT_TYPE, errorMessage: 'There are only brokers here.' });
    reply({ clusterId, controllerId: nodeId, brokers: [{ brokerId: nodeId, ...advertised }] });
  };
}

function findCoordinator({ limits }: BrokerState): Handler<'FindCoordinator'> {
  return ({ keyType, coordinatorKeys }, { version, advertised }, reply) => {
    const place = { nodeId: limits.nodeId, ...advertised };
    const isKnownType = keyType === 0 || keyType === 1;
    const refusal = { errorCode: errorCodes.INVALID_REQUEST, nodeId: -1, host: '', port: -1 };
    if (version < 4) return reply(isKnownType ? place : refusal);
    reply({ coordinators: coordinatorKeys.map((one) => ({ key: one, ...(isKnownType ? place : refusal) })) });
  };
}
