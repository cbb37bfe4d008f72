import Events
import MemoryModel
import Quantities
import Statistics

/// What is true of every run, whatever the machine and the program: nothing is lost, and nothing comes from nowhere.
///
/// Laws are judged from what a run has told, and know nothing of how the model works. A debug build of the model keeps
/// books of its own (`MemoryModel/Laws`), of what it has.
public struct Law: Sendable {
    /// What it is called.
    public var name: String
    /// What is wrong with a run; nil: nothing.
    var fault: @Sendable (LawRun) -> String?

    /// Makes a law.
    init(_ name: String, _ fault: @escaping @Sendable (LawRun) -> String?) {
        self.name = name
        self.fault = fault
    }

    /// All that are kept.
    static let all: [Law] = [
        .time, .counts, .cores, .devices, .transfers, .buffers, .lines, .writers, .requests, .pins,
        .rate,
    ]

    /// The first law that a run breaks; nil: it keeps all.
    static func flaw(of run: LawRun, _ laws: [Law]) -> Flaw? {
        for law in laws {
            guard let fault = law.fault(run) else { continue }
            return Flaw(
                kind: .law(law.name), words: ["the law \"\(law.name)\" is broken: \(fault)"])
        }
        return nil
    }
}

extension Event {
    /// In words, as differences and broken laws show it.
    var words: String {
        "\(tick.rawValue) \(kind) agent \(agent.rawValue) place \(place.name) other \(other)"
            + " 0x\(String(address, radix: 16)) size \(size) detail \(detail) record \(record)"
    }
}
