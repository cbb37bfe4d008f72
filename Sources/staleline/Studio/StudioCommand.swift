import ArgumentParser
import Foundation
import StudioServer

/// `staleline studio`.
struct StudioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studio", abstract: "Step through traces in a browser.",
        discussion: """
            Serves a page on 127.0.0.1: edit a trace, step and rewind, see every copy of every line, compare strategies. \
            Nothing leaves this computer, and nothing of it is read for a client: the machines and traces to choose from \
            are read at the start. Ctrl-C ends it. See docs/studio.md. Exit status: 130 after Ctrl-C, 2 bad input, or the \
            port is taken.
            """)

    @Option(help: "The port; 0: any that is free.") var port: UInt16 = 8_642
    @Option(
        help: "The IPv4 address to listen on. Others than 127.0.0.1 let other computers in.")
    var address = "127.0.0.1"
    @Option(help: "How many requests are worked on at once. Default: as many as processors.")
    var jobs: Int?

    @Option(help: "A course in another folder.") var course: String?

    func validate() throws {
        guard jobs ?? 1 > 0 else { throw ValidationError("--jobs: expected 1 or more") }
    }

    func run() async throws {
        let catalogue = try Resources.catalogue()
        let studio = Studio(
            machines: catalogue, examples: try Self.examples(),
            lessons: try CourseLessons(
                course.map { try CourseFolder($0) } ?? CourseFolder.bundled(), machines: catalogue),
            workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        let server = StudioServer(studio, address: address, port: port)
        do {
            try await server.run { address, port in
                FileHandle.standardOutput.write(Data("http://\(address):\(port)/\n".utf8))
            }
        } catch is CancellationError {
            return
        } catch {
            throw BadInput("cannot listen on \(address):\(port): \(error.localizedDescription)")
        }
    }

    /// The traces that come with the program and are short enough to be looked at: the demo's, workloads, litmus traces.
    private static func examples() throws -> [Studio.Example] {
        let traces = try Resources.home().appendingPathComponent("Traces")
        var result: [Studio.Example] = []
        for folder in ["demo", "litmus", "corpus"] {
            let place = traces.appendingPathComponent(folder)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
            for name in names.sorted() where name.hasSuffix(".slt") {
                result.append(
                    Studio.Example(
                        name: "\(folder)/\(name.dropLast(4))",
                        text: try Resources.text(of: place.appendingPathComponent(name).path)))
            }
        }
        return result
    }
}
