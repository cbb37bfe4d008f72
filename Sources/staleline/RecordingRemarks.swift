import Reports
import Traces

/// What a recording does not say and was taken for granted, in lines for a person.
enum RecordingRemarks {
    /// The lines.
    static func lines(_ reader: RecordingReader) -> [String] {
        reader.assumed.map { "taken for granted: \(Format.grouped($0.count)) × \($0.kind)" }
            + reader.coreNames
    }
}
