import Foundation
import Reports

/// What the plugin counted, as it says at the end of a run.
struct CaptureSummary {
    private var values: [String: UInt64] = [:]
    /// The files that the program had in memory, and where.
    private(set) var files: [(address: UInt64, path: String)] = []

    /// Reads what the plugin wrote: a word and a number on each line.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            if words.count == 3, words[0] == "file" {
                files.append((UInt64(words[1].dropFirst(2), radix: 16) ?? 0, words[2]))
            } else if words.count == 2 {
                values[words[0]] = UInt64(words[1])
            }
        }
    }

    /// A count by its name.
    subscript(name: String) -> UInt64 { values[name] ?? 0 }

    /// The counts for scripts, in the order of their names.
    var json: JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })
    }

    /// What was recorded, in a sentence.
    func sentence(_ output: String) -> String {
        func count(_ name: String) -> String { Format.grouped(self[name]) }
        var text =
            "\(output): \(count("records")) records (\(count("fetches")) fetches, \(count("loads")) loads, "
            + "\(count("stores")) stores, \(count("barriers")) barriers, \(count("maintenance")) maintenance operations"
        if self["deviceAccesses"] > 0 { text += ", \(count("deviceAccesses")) device accesses" }
        if self["deviceOperations"] > 0 { text += ", \(count("deviceOperations")) of a device" }
        return text + ") in \(count("bytes")) bytes"
    }

    /// What the trace lacks, a sentence each.
    var warnings: [String] {
        var result: [String] = []
        func warn(_ name: String, _ words: (String) -> String) {
            if self[name] > 0 { result.append(words(Format.grouped(self[name]))) }
        }
        warn("unknownAddresses") {
            "\($0) maintenance operations have no known address: they are marked in the trace, and not performed"
                + (self["registersTracked"] == 0 ? " (--track on looks for the addresses)" : "")
        }
        warn("unknownArguments") {
            "\($0) arguments of calls are not known: they stand as ? in the marks"
        }
        warn("hintsLeftOut") { "\($0) prefetch hints were left out: QEMU tells no address of them" }
        warn("foldedVcpus") {
            "\($0) threads beyond the eighth share the numbers of core0 to core7"
        }
        warn("trackerContradictions") {
            "\($0) register values were contradicted by an access, of \(Format.grouped(self["trackerChecks"])) checked; "
                + "addresses of maintenance from before may be wrong"
        }
        return result
    }
}
