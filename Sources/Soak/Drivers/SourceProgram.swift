import Experiments
import Hazards
import MemoryModel
import Traces

/// A program in native text for one of the machines that come with the program.
struct SourceProgram: Sendable, Equatable {
    let seed: UInt64
    var machine: String
    var kernel: String
    /// Declarations.
    var head: [String]
    /// Statements.
    var body: [String]

    /// Takes a random trace.
    init(_ trace: RandomTrace) {
        seed = trace.seed
        machine = trace.profile.machine
        kernel = trace.profile.kernel
        head = trace.head
        body = trace.body
    }

    /// Takes a random driver, or one with a fault.
    init(_ driver: RandomDriver) {
        seed = driver.seed
        machine = driver.profile.machine
        kernel = driver.profile.kernel
        head = driver.head
        body = driver.body
    }

    /// The whole trace, with machine and kernel.
    var text: String {
        (["staleline 1", "machine \(machine)", "kernel \(kernel)"] + head + body)
            .joined(separator: "\n") + "\n"
    }

    /// The program on its machine; nil: it cannot be read, or does not fit.
    func setup(_ subject: SoakSubject) -> Setup? {
        guard let configuration = subject.machines[machine],
            let program = try? NativeParser.parse(Array(text.utf8), file: "soak")
        else { return nil }
        return try? Setup(program, file: "soak", machine: subject.model(configuration))
    }

    /// The same with a little less.
    func smaller() -> [SourceProgram] {
        func changed(_ change: (inout SourceProgram) -> Void) -> SourceProgram {
            var result = self
            change(&result)
            return result
        }
        var result = Reduction.cuts(body).map { list in changed { $0.body = list } }
        for pair in blocks {
            result.append(
                changed {
                    $0.body.remove(at: pair.end)
                    $0.body.remove(at: pair.start)
                })
        }
        for place in head.indices { result.append(changed { $0.head.remove(at: place) }) }
        for place in body.indices {
            for line in Self.shorter(body[place]) {
                result.append(changed { $0.body[place] = line })
            }
        }
        return result
    }

    /// Where blocks begin and end; a driver's are not in each other.
    private var blocks: [(start: Int, end: Int)] {
        var start: Int?
        var result: [(start: Int, end: Int)] = []
        for (place, line) in body.enumerated() {
            if line.hasPrefix("repeat ") { start = place }
            if line == "end", let begin = start { result.append((begin, place)) }
        }
        return result
    }

    /// A statement with a word less, or a smaller number.
    static func shorter(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        var result: [[String]] = []
        func add(_ place: Int, _ word: String?) {
            var changed = words
            if let word { changed[place] = word } else { changed.remove(at: place) }
            result.append(changed)
        }
        for (place, word) in words.enumerated() {
            if place == 0, word.hasPrefix("core"), word.hasSuffix(":") { add(place, nil) }
            if word == "dep" { add(place, nil) }
            if ["by", "step", "burst", "version"].contains(word), place + 1 < words.count {
                result.append(Array(words[..<place] + words[(place + 2)...]))
            }
            if let plus = word.firstIndex(of: "+") { add(place, String(word[..<plus])) }
            if let number = UInt64(word), number > 4 {
                add(place, "4")
                if number > 8 { add(place, String(number / 2)) }
            }
        }
        return result.map { $0.joined(separator: " ") }
    }
}

extension ProofBounds {
    /// How far searches of random programs go.
    ///
    /// Those of so short traces end long before it, and of drivers one in a hundred may come to it; the tests of both
    /// hold them to that. A larger bound is time that more programs could have.
    static let ofSoak = ProofBounds(states: 1 << 14)
}

extension Setup {
    /// A finding in a line, its places as lines of the trace.
    func words(_ finding: Finding) -> String {
        "  \(finding.verdict) \(finding.code.rawValue) in line \(line(finding.record)): "
            + inLines(finding.detail)
    }

    /// A step of a schedule in a line, its places as lines of the trace.
    func words(_ link: ChainLink) -> String { "  line \(line(link.record)): \(inLines(link.text))" }
}
