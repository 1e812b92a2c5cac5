import { afterEach, beforeEach, describe } from '@jest/globals';
import { Playground, type ClusterUnderTest } from './playground.ts';

/** Where a test runs; good from its beginning to its end. */
export interface TestSite {
  readonly cluster: ClusterUnderTest;
  readonly ground: Playground;
}

/** Tests of which each has a cluster and a playground of its own; what they made is gone afterwards. */
export function describeOnCluster(
  name: string,
  makeCluster: () => Promise<ClusterUnderTest>,
  tests: (site: TestSite) => void,
): void {
  describe(name, () => {
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

    tests({
      get cluster() {
        return cluster;
      },
      get ground() {
        return ground;
      },
    });
  });
}
