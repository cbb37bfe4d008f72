import Foundation

/// The commands of a page, run one after the other in one shell, in a copy of what a checkout has.
struct PageRun {
    /// What is wrong, each with its place.
    private(set) var failures: [String] = []
    /// What was not run, and why.
    private(set) var leftOut: [String] = []
    private(set) var runs = 0
    /// How many of them call the program.
    private(set) var calls = 0
    private(set) var seconds = 0.0

    /// The longest that a page may take, in seconds by the clock: against a command that never ends, and nothing else.
    static let limit = 7_200

    /// Runs a page.
    ///
    /// `all` says whether what is slow is run, too.
    init(_ page: Page, exclusions: [Exclusion], all: Bool) throws {
        let commands = try page.commands()
        let scratch = try Scratch()
        let checkout = try scratch.folder("checkout")
        let wanted = try commands.filter { command in
            guard
                let row = try exclusions.first(where: {
                    try $0.matches(command, of: page) && $0.isInForce(all: all)
                })
            else { return true }
            let first = command.text.split(separator: "\n").first ?? ""
            leftOut.append("\(page.path):\(command.line): \(first): \(row.reason)")
            return false
        }
        if wanted.isEmpty { return }
        try Self.fill(checkout)
        var script = ""
        for (index, command) in wanted.enumerated() {
            try scratch.write("unit.\(index)", command.text + "\n")
            // What a reader sees of a console is both streams; of other commands only the status is stated.
            script += """
                begin=$EPOCHREALTIME
                . "$units/unit.\(index)" >"$units/output.\(index)" 2>&1 </dev/null
                echo "$? $begin $EPOCHREALTIME" >"$units/end.\(index)"

                """
        }
        try scratch.write("script", script)
        let end = try Shell.run(
            ["-c", #"exec timeout "$limit" bash "$units/script""#], in: checkout,
            environment: [
                "units": scratch.root.path, "limit": String(Self.limit),
                "STALELINE_HOME": checkout.path, "HOME": checkout.path, "NO_COLOR": "1",
            ])
        for (index, command) in wanted.enumerated() {
            let place = "\(page.path):\(command.line): `\(command.text)`"
            let words = ((try? scratch.text("end.\(index)")) ?? "").split(separator: " ")
            guard words.count == 3, let status = Int32(words[0]),
                let begin = Double(words[1]),
                let finish = Double(words[2].trimmingCharacters(in: .newlines))
            else {
                failures.append("\(place) did not come to its end: \(end.status) \(end.errors)")
                break
            }
            runs += 1
            calls += command.text.contains(#/\bstaleline /#) ? 1 : 0
            seconds += finish - begin
            let printed = try scratch.text("output.\(index)")
            if status != command.status {
                failures.append(
                    "\(place) ended with \(status), the page says \(command.status):\n\(printed.suffix(1_000))"
                )
            }
            if let shown = command.output,
                let difference = Page.difference(shown: shown, printed: printed)
            {
                failures.append("\(place) \(difference)")
            }
        }
        for picture in try Self.changedPictures(checkout) {
            failures.append("\(page.path): its commands do not make \(picture) as it is kept")
        }
    }

    /// The pictures that commands wrote over, and not as they are kept.
    private static func changedPictures(_ checkout: URL) throws -> [String] {
        let folder = "docs/pictures"
        let names = try FileManager.default.contentsOfDirectory(
            atPath: checkout.appendingPathComponent(folder).path)
        return try names.sorted().compactMap { name in
            let path = "\(folder)/\(name)"
            let made = try Data(contentsOf: checkout.appendingPathComponent(path))
            let kept = try? Data(contentsOf: Shell.root.appendingPathComponent(path))
            return made == kept ? nil : path
        }
    }

    /// Copies what commands read: they may write over it.
    private static func fill(_ folder: URL) throws {
        let files = FileManager.default
        for name in [
            "Traces", "configs", "docs", "tools", "README.md", "CHANGELOG.md", "Makefile",
        ] {
            try files.copyItem(
                at: Shell.root.appendingPathComponent(name), to: folder.appendingPathComponent(name)
            )
        }
    }
}
