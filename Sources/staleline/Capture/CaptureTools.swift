import Foundation

/// Where the programs and the plugin for captures are.
enum CaptureTools {
    /// QEMU's program for an architecture.
    ///
    /// - Parameters:
    ///   - given: What the user names; nil: it is looked for in PATH.
    ///   - architecture: The architecture.
    ///   - isSystem: Whether it emulates a whole machine.
    /// - Returns: its path.
    /// - Throws: ``BadInput`` with what to install.
    static func emulator(
        _ given: String?, _ architecture: CapturedProgram.Architecture, isSystem: Bool
    ) throws -> String {
        let name = "qemu-\(isSystem ? "system-" : "")\(architecture.name)"
        if let found = inPath(given ?? name) { return found }
        throw BadInput(
            "\(given ?? name): not found; QEMU is needed: "
                + "apt-get install \(isSystem ? "qemu-system-arm" : "qemu-user")")
    }

    /// The capture plugin.
    ///
    /// `--plugin`, else beside an installed program in `../lib/staleline`, else where `make plugin` puts it in a checkout.
    ///
    /// - Throws: ``BadInput`` with how to build it.
    static func plugin(_ given: String?) throws -> String {
        let files = FileManager.default
        if let given {
            guard files.fileExists(atPath: given) else {
                throw BadInput("--plugin \(given): there is no such file")
            }
            return URL(fileURLWithPath: given).path
        }
        let name = "libstaleline-capture.so"
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var places = [
            program.deletingLastPathComponent()
                .appendingPathComponent("../lib/staleline/\(name)").standardizedFileURL
        ]
        var folder = program.deletingLastPathComponent()
        while folder.path != "/" {
            places.append(folder.appendingPathComponent("plugin/\(name)"))
            folder.deleteLastPathComponent()
        }
        if let home = try? Resources.home() {
            places.append(home.appendingPathComponent(".build/plugin/\(name)"))
        }
        if let found = places.first(where: { files.fileExists(atPath: $0.path) }) {
            return found.path
        }
        throw BadInput(
            "the capture plugin \(name) was not found in \(places[0].deletingLastPathComponent().path) nor in a checkout's "
                + ".build/plugin: `make plugin` builds it (needs gcc, libzstd-dev and zlib1g-dev)")
    }

    /// A program by its path, or by its name in PATH.
    static func inPath(_ name: String) -> String? {
        let files = FileManager.default
        if name.contains("/") { return files.isExecutableFile(atPath: name) ? name : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { files.isExecutableFile(atPath: $0) }
    }
}
