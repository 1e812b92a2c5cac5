/** The first exchanges of a connection: which versions the broker speaks (KIP-35, KIP-511), then the login (KIP-43, KIP-152). */
import { Buffer } from 'node:buffer';
import { millraceError, type MillraceError, type Random } from '@millrace/base';
import { apis, decodeResponse, errorCodes, errorName, type Api, type Input, type ResponseOf } from '@millrace/protocol';
import { ScramConversation, type ScramMechanism } from './scram.ts';

/** How to log in. */
export interface SaslOptions {
  readonly mechanism: 'PLAIN' | ScramMechanism;
  readonly username: string;
  readonly password: string;
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** What a broker said about itself. */
export interface BrokerVersions {
  readonly apis: ReadonlyMap<number, VersionRange>;
  /** Finalized features of the cluster, such as `transaction.version` (KIP-584). */
  readonly features: ReadonlyMap<string, number>;
  /** -1 when the broker does not tell. */
  readonly featuresEpoch: number;
}

/** Sends one request in one version and decodes its answer. */
export type Exchange = <Req, Res>(
  api: Api<Req, Res>,
  version: number,
  body: Input<Req>,
  decode?: (frame: Buffer) => Res,
) => Promise<Res>;

type ApiVersionsResponse = ResponseOf<typeof apis.ApiVersions>;

const newestApiVersions = 4;
const software = { clientSoftwareName: 'millrace', clientSoftwareVersion: '0.1.0' };

/** Asks for versions: the newest way first; a broker that does not know it answers in version 0 with what it knows. */
export async function negotiate(exchange: Exchange): Promise<BrokerVersions> {
  let answer = await askVersions(exchange, newestApiVersions);
  if (answer.errorCode === errorCodes.UNSUPPORTED_VERSION) {
    const known = answer.apiKeys.find(({ apiKey }) => apiKey === apis.ApiVersions.key)?.maxVersion ?? 0;
    answer = await askVersions(exchange, Math.min(known, newestApiVersions));
  }
  return {
    apis: new Map(
      answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
    ),
    features: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
    featuresEpoch: answer.finalizedFeaturesEpoch,
  };
}

function askVersions(exchange: Exchange, version: number): Promise<ApiVersionsResponse> {
  return exchange(apis.ApiVersions, version, version >= 3 ? software : {}, (frame) => {
    const refused = frame.length >= 6 && frame.readInt16BE(4) === errorCodes.UNSUPPORTED_VERSION;
    return decodeResponse(apis.ApiVersions, refused ? 0 : version, frame).body;
  });
}

/** Logs in. Resolves with how long the session lasts (KIP-368), 0 for as long as the connection. */
export async function authenticate(
  exchange: Exchange,
  versions: BrokerVersions,
  sasl: SaslOptions,
  address: string,
  random: Random,
): Promise<number> {
  const fail = (reason: string): MillraceError =>
    millraceError('MR_CLIENT_AUTHENTICATION_FAILED', { address, mechanism: sasl.mechanism, reason });
  const { errorCode, mechanisms } = await exchange(apis.SaslHandshake, 1, { mechanism: sasl.mechanism });
  if (errorCode !== 0) throw fail(`${errorName(errorCode)}; the broker offers ${mechanisms.join(', ') || 'nothing'}`);
  const version = Math.min(versions.apis.get(apis.SaslAuthenticate.key)?.max ?? 0, apis.SaslAuthenticate.versions.max);
  const say = async (authBytes: Buffer): Promise<ResponseOf<typeof apis.SaslAuthenticate>> => {
    const answer = await exchange(apis.SaslAuthenticate, version, { authBytes });
    if (answer.errorCode !== 0) throw fail(answer.errorMessage ?? errorName(answer.errorCode));
    return answer;
  };
  if (sasl.mechanism === 'PLAIN') {
    return (await say(Buffer.from(`\0${sasl.username}\0${sasl.password}`))).sessionLifetimeMs;
  }
  const conversation = new ScramConversation(
    sasl.mechanism,
    sasl.username,
    sasl.password,
    random.uuid().replaceAll('-', ''),
  );
  const proof = conversation.final((await say(conversation.first())).authBytes);
  if ('fault' in proof) throw fail(proof.fault);
  const last = await say(proof);
  const fault = conversation.verify(last.authBytes);
  if (fault !== undefined) throw fail(fault.fault);
  return last.sessionLifetimeMs;
}
