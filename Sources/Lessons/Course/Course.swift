import Traces

/// The files of a course by their names: pages, traces, and in `answers/` what tests try.
public struct CourseFiles: Sendable {
    /// The files' contents.
    public var files: [String: [UInt8]]

    /// Makes a folder.
    public init(_ files: [String: [UInt8]]) { self.files = files }

    /// The pages, in the order of their names.
    public var pages: [String] {
        files.keys.filter { $0.hasSuffix(".md") && !$0.contains("/") && $0 != "README.md" }.sorted()
    }

    func contents(_ name: String) -> [UInt8] { files[name] ?? [] }
}

/// A course: lessons in an order.
public struct Course: Sendable {
    /// The lessons, in the order of their files' names.
    public var lessons: [Lesson]

    /// Reads a course.
    ///
    /// - Throws: all that is wrong with its pages, each with its place.
    public init(_ files: CourseFiles) throws(TraceErrors) {
        var errors = TraceErrors()
        lessons = []
        for page in files.pages {
            do throws(TraceErrors) {
                lessons.append(try LessonReader.read(page, in: files))
            } catch {
                for error in error.errors { errors.append(error) }
            }
        }
        if files.pages.isEmpty {
            errors.append(
                TraceError(
                    file: ".", found: "no pages",
                    expected: "files as 01-name.md, a page of a course each"))
        }
        guard errors.isEmpty else { throw errors }
    }

    /// Finds a lesson by its number, its name or the name without the number.
    public func lesson(_ name: String) -> Lesson? {
        lessons.first { lesson in
            let bare = lesson.name.drop { $0.isNumber || $0 == "-" }
            return lesson.name == name || bare == name
                || (Int(name).map { $0 == lesson.number } ?? false)
        }
    }
}
