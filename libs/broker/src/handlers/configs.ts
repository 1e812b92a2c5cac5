/** Settings of topics and of the broker. */
import { errorCodes } from '@millrace/protocol';
import { brokerSettings, type BrokerSetting } from '../broker-settings.ts';
import { settingFault, settingOf, settingTypeCode, topicSettings, type SettingFault } from '../topic-settings.ts';
import type { Topic } from '../topics.ts';
import type { BrokerState, Handlers } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type Described = NonNullable<Response<'DescribeConfigs'>['results']>[number];
type Resource = Request<'DescribeConfigs'>['resources'][number];
type Changes = Request<'IncrementalAlterConfigs'>['resources'][number];
type Replacement = Request<'AlterConfigs'>['resources'][number];

const resources = { topic: 2, broker: 4 } as const;
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;
const sources = { topic: 1, staticBroker: 4, default: 5 } as const;

/** DescribeConfigs, IncrementalAlterConfigs, AlterConfigs. */
export function configHandlers(state: BrokerState): Handlers {
  return {
    DescribeConfigs: (request, _context, reply) =>
      reply({ results: request.resources.map((resource) => describe(state, resource, request.includeSynonyms)) }),
    IncrementalAlterConfigs: (request, _context, reply) =>
      reply({
        responses: request.resources.map((resource) =>
          alter(state, resource, request.validateOnly, (topic) => changed(topic, resource)),
        ),
      }),
    AlterConfigs: (request, _context, reply) =>
      reply({
        responses: request.resources.map((resource) =>
          alter(state, resource, request.validateOnly, () => replaced(resource)),
        ),
      }),
  };
}

function describe({ topics, limits }: BrokerState, resource: Resource, withSynonyms: boolean): Described {
  const { resourceType, resourceName, configurationKeys } = resource;
  const isWanted = ({ name }: { readonly name?: string | undefined }): boolean =>
    configurationKeys === null || configurationKeys.includes(name as string);
  const refuse = (errorCode: number, errorMessage: string): Described => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  });
  if (resourceType === resources.broker) {
    if (resourceName !== '' && resourceName !== String(limits.nodeId))
      return refuse(errorCodes.INVALID_REQUEST, `This is broker ${limits.nodeId}.`);
    return { resourceType, resourceName, configs: brokerSettings(limits).map(brokerConfig).filter(isWanted) };
  }
  if (resourceType !== resources.topic)
    return refuse(errorCodes.INVALID_REQUEST, 'Only topics and brokers have settings.');
  const topic = topics.get(resourceName);
  if (topic === undefined) return refuse(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 'There is no such topic.');
  return { resourceType, resourceName, configs: topicConfigs(topic, withSynonyms).filter(isWanted) };
}

function brokerConfig({ name, value, typeCode }: BrokerSetting): NonNullable<Described['configs']>[number] {
  return { name, value, readOnly: true, configSource: sources.staticBroker, configType: typeCode };
}

function topicConfigs({ own }: Topic, withSynonyms: boolean): NonNullable<Described['configs']> {
  return Object.entries(topicSettings).map(([name, definition]) => {
    const value = settingOf(own, name);
    const fallback = { name, value: definition.default, source: sources.default };
    const synonyms = own.has(name) ? [{ name, value, source: sources.topic }, fallback] : [fallback];
    return {
      name,
      value,
      configSource: own.has(name) ? sources.topic : sources.default,
      configType: settingTypeCode(definition),
      synonyms: withSynonyms ? synonyms : [],
    };
  });
}

interface Alteration {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** Takes all changes of a resource or none. */
function alter(
  { topics }: BrokerState,
  { resourceType, resourceName }: Alteration,
  validateOnly: boolean,
  next: (topic: Topic) => Map<string, string> | SettingFault,
): Alteration & Partial<SettingFault> {
  const about = { resourceType, resourceName };
  if (resourceType !== resources.topic)
    return { ...about, errorCode: errorCodes.INVALID_REQUEST, errorMessage: 'Only settings of topics can be changed.' };
  const topic = topics.get(resourceName);
  if (topic === undefined)
    return { ...about, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: 'There is no such topic.' };
  const own = next(topic);
  if (!(own instanceof Map)) return { ...about, ...own };
  if (!validateOnly) topic.configure(own);
  return about;
}

function replaced({ configs }: Replacement): Map<string, string> | SettingFault {
  for (const { name, value } of configs) {
    const fault = settingFault(name, value);
    if (fault !== undefined) return fault;
  }
  return new Map(configs.map(({ name, value }) => [name, value as string]));
}

function changed(topic: Topic, { configs }: Changes): Map<string, string> | SettingFault {
  const own = new Map(topic.own);
  for (const { name, configOperation, value } of configs) {
    if (configOperation === operations.delete) {
      if (topicSettings[name] === undefined) return settingFault(name, value) as SettingFault;
      own.delete(name);
      continue;
    }
    const next = nextValue(settingOf(own, name), configOperation, value);
    const fault = settingFault(name, next) ?? listFault(name, configOperation);
    if (fault !== undefined) return fault;
    own.set(name, next as string);
  }
  return own;
}

/** Appending and subtracting work on the words of a list. */
function nextValue(current: string, operation: number, value: string | null): string | null {
  if (operation === operations.set || value === null) return value;
  const words = current.split(',').filter((word) => word !== '');
  const given = value.split(',');
  const kept = words.filter((word) => !given.includes(word));
  return (operation === operations.append ? [...kept, ...given] : kept).join(',');
}

function listFault(name: string, operation: number): SettingFault | undefined {
  if (operation === operations.set || topicSettings[name]?.type === 'list') return undefined;
  const errorMessage = `Append and subtract need a list, which ${name} is not.`;
  return { errorCode: errorCodes.INVALID_CONFIG, errorMessage };
}
