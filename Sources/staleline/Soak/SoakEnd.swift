import Reports
import Soak

/// What came of a soak.
struct SoakEnd {
    var result: SoakRun.Result
    /// How long the programs took.
    var seconds: UInt64
    /// How many programs a second, and for each processor, without what it took to make a difference small.
    var rate: (all: Int, each: Int)
    /// Whether a signal ended it.
    var isInterrupted: Bool
    /// The file that the trace of a difference is written to; nil: none.
    var output: String?

    /// The sum, and the difference if there is one.
    var text: String {
        let programs = result.tally.programs
        let outcome =
            result.difference == nil
            ? "no difference in \(programs) programs" : "a difference after \(programs) programs"
        return (isInterrupted ? "interrupted: " : "")
            + "\(outcome), \(seconds) seconds, \(rate.all) a second (\(rate.each) a core): "
            + "\(result.tally.words)\n"
            + (result.difference.map { "\n" + $0.text(file: output) } ?? "")
    }

    /// The same as JSON.
    func json(first: UInt64) -> JSONValue {
        let tally = result.tally
        return .object([
            ("schema", .string("staleline.soak/1")), ("first", .integer(first)),
            ("programs", .count(tally.programs)),
            ("kinds", .object(SoakKind.allCases.map { ($0.rawValue, .count(tally[$0])) })),
            ("faults", .count(tally.faults)), ("faultsWithEffect", .count(tally.faultsWithEffect)),
            ("notRun", .count(tally.notRun)), ("searchesCut", .count(tally.searchesCut)),
            ("seconds", .integer(seconds)), ("perSecond", .count(rate.all)),
            ("perSecondAndCore", .count(rate.each)), ("interrupted", .bool(isInterrupted)),
            ("difference", result.difference.map(json) ?? .null),
        ])
    }

    private func json(_ difference: SoakDifference) -> JSONValue {
        .object([
            ("seed", .integer(difference.seed)), ("kind", .string(difference.kind.rawValue)),
            ("program", .string(difference.title)),
            ("outcome", .array(difference.outcome.map(JSONValue.string))),
            ("trace", .string(difference.trace)),
            ("command", .string(difference.command(file: output ?? difference.file))),
        ])
    }
}
