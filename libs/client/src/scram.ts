/** The client's side of SCRAM (RFC 5802) for SASL. Order of calls: first, final, verify. Pure: the nonce is given. */
import { Buffer } from 'node:buffer';
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** A conversation that the server broke off or that does not add up; the text says why. */
export interface ScramFault {
  readonly fault: string;
}

const digests = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-512': ['sha512', 64] } as const;
const gs2Header = 'n,,';
const minIterations = 4_096;
const maxIterations = 1_000_000;

/** One login. */
export class ScramConversation {
  readonly #mechanism: ScramMechanism;
  readonly #password: string;
  readonly #nonce: string;
  readonly #firstBare: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  constructor(mechanism: ScramMechanism, username: string, password: string, nonce: string) {
    this.#mechanism = mechanism;
    this.#password = password.normalize('NFKC');
    this.#nonce = nonce;
    this.#firstBare = `n=${username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  }

  /** What the client says first. */
  first(): Buffer {
    return Buffer.from(gs2Header + this.#firstBare);
  }

  /** The proof of the password, in answer to the server's first message. */
  final(serverFirst: Buffer): Buffer | ScramFault {
    const text = serverFirst.toString();
    const { r: nonce = '', s: salt = '', i: iterationText = '' } = attributes(text);
    const iterations = Number(iterationText);
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce)
      return { fault: 'the server did not extend the nonce' };
    if (!Number.isInteger(iterations) || iterations < minIterations || iterations > maxIterations) {
      return { fault: `the server asks for ${iterationText} iterations` };
    }
    const [digest, length] = digests[this.#mechanism];
    const hmac = (key: Buffer, data: string): Buffer => createHmac(digest, key).update(data).digest();
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), iterations, length, digest);
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash(digest).update(clientKey).digest();
    const withoutProof = `c=${Buffer.from(gs2Header).toString('base64')},r=${nonce}`;
    const conversation = `${this.#firstBare},${text},${withoutProof}`;
    const signature = hmac(storedKey, conversation);
    const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] ?? 0)));
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), conversation);
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`);
  }

  /** Checks that the server knows the password too. */
  verify(serverFinal: Buffer): ScramFault | undefined {
    const { v = '', e } = attributes(serverFinal.toString());
    if (e !== undefined) return { fault: e };
    const given = Buffer.from(v, 'base64');
    const known = this.#serverSignature;
    const same = given.length === known.length && timingSafeEqual(given, known);
    return same ? undefined : { fault: 'the server could not prove that it knows the password' };
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
