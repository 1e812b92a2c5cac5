package goldens;

import static goldens.Options.textOf;

import com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.state.StoreBuilder;

/** Builds the topology of a case over the Processor API, node by node. */
@SuppressWarnings({"rawtypes", "unchecked"})
final class TopologySteps {
  private TopologySteps() { }

  static Topology build(final JsonNode steps, final java.util.Properties config) {
    final Topology topology = new Topology(new TopologyConfig(new StreamsConfig(config)));
    for (final JsonNode step : steps) run(topology, step);
    return topology;
  }

  private static void run(final Topology topology, final JsonNode step) {
    final String name = textOf(step, "name");
    final String[] parents = names(step, "parents");
    switch (textOf(step, "op")) {
      case "addSource" -> topology.addSource((AutoOffsetReset) null, name, Options.extractor(textOf(step, "extractor")),
        deserializer(step, "key"), deserializer(step, "value"), names(step, "topics"));
      case "addProcessor" -> topology.addProcessor(name, Processors.processor(step), parents);
      case "addSink" -> {
        final Serializer key = serializer(step, "key");
        final Serializer value = serializer(step, "value");
        final var partitioner = Options.partitioner(textOf(step, "partitioner"));
        if (step.has("topicFn")) topology.addSink(name, new Options.NamesTopic(textOf(step, "topicFn")), key, value, partitioner, parents);
        else topology.addSink(name, textOf(step, "topic"), key, value, partitioner, parents);
      }
      case "addStateStore" -> topology.addStateStore(Stores.builder(step), names(step, "processors"));
      case "connect" -> topology.connectProcessorAndStateStores(name, names(step, "stores"));
      case "addGlobalStore" -> topology.addGlobalStore((StoreBuilder) Stores.builder(step), textOf(step, "source"),
        deserializer(step, "key"), deserializer(step, "value"), textOf(step, "topic"), textOf(step, "processorName"), Processors.processor(step));
      case "addReadOnlyStateStore" -> topology.addReadOnlyStateStore((StoreBuilder) Stores.builder(step), textOf(step, "source"),
        deserializer(step, "key"), deserializer(step, "value"), textOf(step, "topic"), textOf(step, "processorName"), Processors.processor(step));
      default -> throw new IllegalArgumentException("no step of the Processor API: " + step);
    }
  }

  private static String[] names(final JsonNode step, final String field) {
    return DslSteps.texts(step.get(field)).toArray(String[]::new);
  }

  private static Deserializer deserializer(final JsonNode step, final String field) {
    final Serde serde = CaseSerdes.of(step, field);
    return serde == null ? null : serde.deserializer();
  }

  private static Serializer serializer(final JsonNode step, final String field) {
    final Serde serde = CaseSerdes.of(step, field);
    return serde == null ? null : serde.serializer();
  }
}
