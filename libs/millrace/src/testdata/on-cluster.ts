import { afterEach, beforeEach, describe } from '@jest/globals';
import { Playground, type ClusterUnderTest } from './playground.ts';

/** Where a test runs; good from its beginning to its end. */
export interface TestSite {
  readonly cluster: ClusterUnderTest;
  readonly ground: Playground;
}

/** A site with a topic to read from and one to write to. */
export interface PipedSite extends TestSite {
  readonly input: string;
  readonly output: string;
}

/** Each test of the file, or of the group around, has a cluster and a playground of its own; what they made is gone afterwards. */
export function siteOfEach(makeCluster: () => ClusterUnderTest | Promise<ClusterUnderTest>): TestSite {
  let cluster: ClusterUnderTest;
  let ground: Playground;

  beforeEach(async () => {
    cluster = await makeCluster();
    ground = new Playground(cluster);
  });

  afterEach(async () => {
    await ground.close();
    await cluster.close();
  });

  return {
    get cluster() {
      return cluster;
    },
    get ground() {
      return ground;
    },
  };
}

/** The same with two topics. */
export function pipedSiteOfEach(makeCluster: () => ClusterUnderTest, partitions: number): PipedSite {
  const site = siteOfEach(makeCluster);
  let input: string;
  let output: string;

  beforeEach(async () => {
    input = await site.ground.topic('in', partitions);
    output = await site.ground.topic('out', partitions);
  });

  return {
    get cluster() {
      return site.cluster;
    },
    get ground() {
      return site.ground;
    },
    get input() {
      return input;
    },
    get output() {
      return output;
    },
  };
}

/** Tests on a cluster, see `siteOfEach`. */
export function describeOnCluster(
  name: string,
  makeCluster: () => Promise<ClusterUnderTest>,
  tests: (site: TestSite) => void,
): void {
  describe(name, () => tests(siteOfEach(makeCluster)));
}
