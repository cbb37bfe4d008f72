import Foundation

/// The text of a schedule's file.
enum ScheduleText {
    /// Reads it; `-` is standard input.
    static func read(_ path: String) throws -> String {
        let data: Data
        do {
            data =
                path == "-"
                ? FileHandle.standardInput.readDataToEndOfFile()
                : try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw BadInput("\(path): \(error.localizedDescription)")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw BadInput("\(path): is no text in UTF-8")
        }
        return text
    }
}
