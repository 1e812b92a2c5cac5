/** The main job as the worker container runs it: MILLRACE_TOPOLOGY=@millrace/app-demo/worker-topology. */
import type { Program } from 'millrace';
import { trendingHashtags } from './topology.ts';

/** `TRENDING_GRACE`: how late posts may come, such as `1m`. `TRENDING_TOPIC_PREFIX`: put before the names of all its topics. */
export function topology(env: Readonly<Record<string, string | undefined>>): Program {
  const { TRENDING_GRACE: grace, TRENDING_TOPIC_PREFIX: topicPrefix } = env;
  return trendingHashtags({ ...(grace ? { grace } : {}), ...(topicPrefix ? { topicPrefix } : {}) });
}
