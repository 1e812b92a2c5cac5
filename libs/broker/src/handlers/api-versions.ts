/** ApiVersions: what this broker speaks (KIP-35, KIP-511, KIP-584). */
import { apis, errorCodes, type ApiName } from '@millrace/protocol';
import type { BrokerLimits } from '../broker-options.ts';
import type { Handlers } from './handler.ts';
import type { Response } from '../messages.ts';

/**
 * Clients of librdkafka take a broker that does not offer Produce 0 for one without features; Kafka 4 says 0 for their sake and
 * refuses it (KIP-896).
 */
const announcedMinVersions: Readonly<Partial<Record<ApiName, number>>> = { Produce: 0 };

/** Versions in which clients may ask; newer ones are for brokers. */
const clientMaxVersions: Readonly<Partial<Record<ApiName, number>>> = { AddPartitionsToTxn: 3 };

/** Whether a version is one that this broker takes. */
export function takesVersion(api: ApiName, version: number): boolean {
  const { min, max } = apis[api].versions;
  return version >= min && version <= (clientMaxVersions[api] ?? max);
}

/** Everything that is offered. */
export function apiVersionsResponse(handlers: Handlers, { transactionVersion }: BrokerLimits): Response<'ApiVersions'> {
  const apiKeys = (Object.keys(handlers) as ApiName[]).map((name) => {
    const { key, versions } = apis[name];
    return {
      apiKey: key,
      minVersion: announcedMinVersions[name] ?? versions.min,
      maxVersion: clientMaxVersions[name] ?? versions.max,
    };
  });
  apiKeys.sort((a, b) => a.apiKey - b.apiKey);
  return {
    apiKeys,
    supportedFeatures: [{ name: 'transaction.version', minVersion: 0, maxVersion: 2 }],
    finalizedFeaturesEpoch: 0,
    finalizedFeatures: [
      { name: 'transaction.version', maxVersionLevel: transactionVersion, minVersionLevel: transactionVersion },
    ],
  };
}

/** The answer to a version of ApiVersions that is not known: in version 0, so that any client can read it. */
export function unknownApiVersions(): Response<'ApiVersions'> {
  const { key, versions } = apis.ApiVersions;
  return {
    errorCode: errorCodes.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: key, minVersion: versions.min, maxVersion: versions.max }],
  };
}
