package goldens;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Records every case of a folder from Kafka Streams, into the same folder or another one. */
public final class Recorder {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Recorder() { }

  public static void main(final String[] arguments) throws IOException {
    final Path from = Path.of(arguments[0]);
    final Path to = Path.of(arguments[arguments.length - 1]);
    Files.createDirectories(to);
    final List<Path> files;
    try (Stream<Path> found = Files.list(from)) {
      files = found.filter(file -> file.toString().matches(".*\\.json(\\.gz)?")).sorted().toList();
    }
    int recorded = 0;
    for (final Path file : files) if (record(file, to.resolve(file.getFileName()))) recorded++;
    System.out.println("recorded " + recorded + " of " + files.size() + " cases");
    System.exit(recorded == files.size() ? 0 : 1);
  }

  private static boolean record(final Path from, final Path to) throws IOException {
    final Path state = Files.createTempDirectory("goldens-");
    try {
      write(to, CaseText.of(Recording.of(read(from), state.toString())));
      return true;
    } catch (final RuntimeException | Error e) {
      System.out.println("NOT RECORDED " + from.getFileName() + ": " + e);
      e.printStackTrace();
      return false;
    } finally {
      delete(state);
    }
  }

  private static JsonNode read(final Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return MAPPER.readTree(file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in);
    }
  }

  private static void write(final Path file, final String text) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      if (!file.toString().endsWith(".gz")) {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        return;
      }
      try (GZIPOutputStream zipped = new GZIPOutputStream(out)) {
        zipped.write(text.getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  private static void delete(final Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (final Path one : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(one);
    }
  }
}
