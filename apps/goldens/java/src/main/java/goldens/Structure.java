package goldens;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Field;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.internals.InternalTopicConfig;
import org.apache.kafka.streams.processor.internals.InternalTopologyBuilder;
import org.apache.kafka.streams.processor.internals.InternalTopologyBuilder.TopicsInfo;
import org.apache.kafka.streams.processor.internals.TopologyMetadata.Subtopology;

/** Sub-topologies and internal topics of a topology, after the driver has put the application's name into them. */
final class Structure {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final long ADDITIONAL_RETENTION_MS = 86_400_000;

  private final InternalTopologyBuilder builder;
  private final Map<Integer, TopicsInfo> parts = new TreeMap<>();
  private final Map<String, String> changelogs;

  Structure(final Topology topology) {
    builder = builder(topology);
    final Map<Subtopology, TopicsInfo> found = builder.subtopologyToTopicsInfo();
    for (int id = 0; parts.size() < found.size(); id++) {
      final TopicsInfo topics = found.get(new Subtopology(id, null));
      if (topics != null) parts.put(id, topics);
    }
    changelogs = builder.buildTopology().storeToChangelogTopic();
  }

  private static InternalTopologyBuilder builder(final Topology topology) {
    try {
      final Field field = Topology.class.getDeclaredField("internalTopologyBuilder");
      field.setAccessible(true);
      return (InternalTopologyBuilder) field.get(topology);
    } catch (final ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  String changelogOf(final String store) {
    return changelogs.get(store);
  }

  boolean isChangelog(final String topic) {
    return parts.values().stream().anyMatch(part -> part.stateChangelogTopics.containsKey(topic) && !part.sourceTopics.contains(topic));
  }

  boolean isRepartition(final String topic) {
    return parts.values().stream().anyMatch(part -> part.repartitionSourceTopics.containsKey(topic));
  }

  ArrayNode subtopologies() {
    final ArrayNode made = JSON.arrayNode();
    parts.forEach((id, topics) -> {
      final ObjectNode part = made.addObject().put("id", id);
      part.set("sourceTopics", sorted(topics.sourceTopics));
      part.set("sinkTopics", sorted(topics.sinkTopics));
    });
    return made;
  }

  private static ArrayNode sorted(final Set<String> names) {
    final ArrayNode made = JSON.arrayNode();
    new TreeSet<>(names).forEach(made::add);
    return made;
  }

  ArrayNode copartitionGroups() {
    final ArrayNode made = JSON.arrayNode();
    builder.copartitionGroups().stream().map(Structure::sorted).sorted(Comparator.comparing(ArrayNode::toString)).forEach(made::add);
    return made;
  }

  ArrayNode internalTopics() {
    final ArrayNode made = JSON.arrayNode();
    parts.forEach((id, topics) -> {
      new TreeMap<>(topics.repartitionSourceTopics).values().forEach(topic -> made.add(topic(id, "repartition", topic, true)));
      final Set<InternalTopicConfig> created = topics.nonSourceChangelogTopics();
      new TreeMap<>(topics.stateChangelogTopics).values().forEach(topic -> made.add(topic(id, "changelog", topic, created.contains(topic))));
    });
    return made;
  }

  private static ObjectNode topic(final int part, final String kind, final InternalTopicConfig topic, final boolean isCreated) {
    final ObjectNode made = JSON.objectNode().put("name", topic.name()).put("kind", kind).put("subtopology", part).put("created", isCreated);
    if (topic.hasEnforcedNumberOfPartitions()) made.put("enforcedPartitions", topic.numberOfPartitions().orElseThrow());
    final ObjectNode config = made.putObject("config");
    new TreeMap<>(topic.properties(new HashMap<>(), ADDITIONAL_RETENTION_MS)).forEach(config::put);
    return made;
  }
}
