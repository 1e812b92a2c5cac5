package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** A case as text: fields a line each down to what is read as one thing, which stays on one line. */
final class CaseText {
  /** Objects and lists whose entries stand on lines of their own; under them everything is on one line, but what they name in turn. */
  private static final Set<String> SPREAD = Set.of(
    "topology", "inputs", "expected", "outputs", "changelogs", "repartition", "subtopologies", "internalTopics", "copartitionGroups", "stores", "committed");

  private CaseText() { }

  static String of(final JsonNode golden) {
    final StringBuilder text = new StringBuilder();
    write(golden, "", true, false, text);
    return text.append('\n').toString();
  }

  private static void write(final JsonNode node, final String indent, final boolean isSpread, final boolean areChildren, final StringBuilder text) {
    if (!isSpread || node.isValueNode() || node.isEmpty()) {
      text.append(node);
      return;
    }
    final String inner = indent + " ";
    text.append(node.isArray() ? "[" : "{");
    String separator = "\n";
    if (node.isArray()) {
      for (final JsonNode entry : node) {
        text.append(separator).append(inner).append(entry);
        separator = ",\n";
      }
    } else {
      final Iterator<Map.Entry<String, JsonNode>> fields = node.properties().iterator();
      while (fields.hasNext()) {
        final Map.Entry<String, JsonNode> field = fields.next();
        text.append(separator).append(inner).append('"').append(field.getKey()).append("\": ");
        final boolean isNamed = SPREAD.contains(field.getKey());
        final boolean spreads = isNamed || areChildren;
        final boolean hasLists = field.getKey().equals("changelogs") || field.getKey().equals("repartition") || field.getKey().equals("stores");
        write(field.getValue(), inner, spreads, hasLists && isNamed, text);
        separator = ",\n";
      }
    }
    text.append('\n').append(indent).append(node.isArray() ? "]" : "}");
  }
}
