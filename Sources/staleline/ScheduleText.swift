/// The text of a schedule's file.
enum ScheduleText {
    /// Reads it; `-` is standard input.
    static func read(_ path: String) throws -> String {
        try BoundedFile.text(of: path, expected: "a schedule")
    }
}
