import Experiments
import Foundation
import Machines
import Reports
import Stepping
import Traces

/// Lessons, where there are any: who has a course hands it in.
public protocol StudioLessons: Sendable {
    /// The lessons in their order: what the page lists and shows.
    var list: JSONValue { get }

    /// One lesson: its page in lines, its trace, its broken traces, its questions.
    ///
    /// - Parameter name: Its name in ``list``.
    /// - Returns: nil: there is no such lesson.
    /// - Throws: if what the page shows cannot be worked out.
    func lesson(_ name: String) throws -> JSONValue?

    /// Judges an answer.
    ///
    /// - Parameters:
    ///   - lesson: The lesson's name in ``list``.
    ///   - question: The question's number, from 1.
    ///   - answer: A changed trace, or a number or a name.
    ///   - limit: The most accesses and operations of a trace that is judged.
    /// - Returns: the judgement; nil: there is no such question.
    /// - Throws: if the question itself cannot be run.
    func grade(lesson: String, question: Int, answer: [UInt8], limit: UInt64) throws -> JSONValue?
}

/// What the studio answers: pages that are part of the program, and what a trace in a request does.
///
/// Nothing is kept between requests, and no name from a request is ever made a path: machines and traces are looked up
/// among those that were read before the first request.
public struct Studio: Sendable {
    /// A trace that the page offers.
    public struct Example: Sendable {
        /// Its name, as the page lists it.
        public var name: String
        /// What it says.
        public var text: String

        /// Makes an example.
        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    let machines: MachineCatalogue
    let examples: [Example]
    let lessons: (any StudioLessons)?
    private let workers: Workers

    /// Makes a studio.
    ///
    /// - Parameters:
    ///   - machines: The machines to choose from.
    ///   - examples: The traces to choose from; the first is shown at the start.
    ///   - lessons: A course; nil: there is none.
    ///   - workers: How many requests are worked on at once.
    public init(
        machines: MachineCatalogue, examples: [Example], lessons: (any StudioLessons)? = nil,
        workers: Int
    ) {
        self.machines = machines
        self.examples = examples
        self.lessons = lessons
        self.workers = Workers(count: workers)
    }

    /// Answers a request.
    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if request.method != "POST" { return page(request.path) }
        guard let action = StudioAction(rawValue: request.path) else {
            return Self.refused(Self.unknown(request.path))
        }
        do {
            return try await workers.run { self.perform(action, request) }
        } catch let refusal as HTTPRefusal {
            return Self.refused(refusal)
        } catch {
            return Self.refused(HTTPRefusal(500, "\(error)"))
        }
    }

    // MARK: Pages

    private func page(_ path: String) -> HTTPResponse {
        switch path {
        case "/", "/index.html":
            return HTTPResponse(
                200, type: "text/html; charset=utf-8", body: PackageResources.studio_html)
        case "/studio.js":
            return HTTPResponse(
                200, type: "text/javascript; charset=utf-8", body: PackageResources.studio_js)
        case "/studio.css":
            return HTTPResponse(
                200, type: "text/css; charset=utf-8", body: PackageResources.studio_css)
        case "/viewer.js":
            return HTTPResponse(
                200, type: "text/javascript; charset=utf-8", body: Array(StepsPage.script.utf8))
        case "/viewer.css":
            return HTTPResponse(
                200, type: "text/css; charset=utf-8", body: Array(StepsPage.style.utf8))
        case "/icon.svg":
            return HTTPResponse(200, type: "image/svg+xml", body: PackageResources.icon_svg)
        case "/api/start": return Self.json(start)
        default: return Self.refused(Self.unknown(path))
        }
    }

    private static func unknown(_ path: String) -> HTTPRefusal {
        if StudioAction(rawValue: path) != nil {
            return HTTPRefusal(405, "\(path) takes a trace: expected POST")
        }
        return HTTPRefusal(
            404, "there is nothing at \(path.prefix(200)); names in a request are never paths")
    }

    /// What the page needs to begin: the machines, the traces, the lessons.
    private var start: JSONValue {
        .object([
            ("schema", .string("staleline.studio/1")),
            (
                "machines",
                .array(
                    machines.entries.map {
                        .object([("name", .string($0.name)), ("title", .string($0.title))])
                    })
            ),
            (
                "examples",
                .array(
                    examples.map {
                        .object([("name", .string($0.name)), ("text", .string($0.text))])
                    })
            ),
            ("lessons", lessons?.list ?? .array([])),
            ("limit", .count(StudioServer.bodyLimit)),
        ])
    }

    // MARK: Answers

    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status, type: "application/json; charset=utf-8",
            body: Array((value.compactText + "\n").utf8))
    }

    /// A refusal with its reason.
    static func refused(_ refusal: HTTPRefusal) -> HTTPResponse {
        json(
            .object([
                ("schema", .string("staleline.refusal/1")), ("status", .count(refusal.status)),
                ("reason", .string(refusal.reason)),
            ]), status: refusal.status)
    }

    /// What is wrong with a trace, each fault with its place.
    static func faulty(_ errors: TraceErrors) -> HTTPResponse {
        json(
            .object([
                ("schema", .string("staleline.errors/1")),
                (
                    "errors",
                    .array(
                        errors.errors.map { error in
                            .object([
                                ("line", .count(max(error.line, 0))),
                                ("column", .count(max(error.column, 0))),
                                ("found", .string(error.found)),
                                ("expected", .string(error.expected)),
                                ("hint", .optional(error.hint)),
                            ])
                        })
                ), ("omitted", .count(errors.omitted)),
            ]), status: 422)
    }
}
