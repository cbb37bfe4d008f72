import Events
import Experiments
import MemoryModel
import Quantities
import Statistics
import Traces

/// What is true of every run that it is about, whatever the machine and the program: nothing is lost, and nothing comes
/// from nowhere.
///
/// Laws are judged from what a run has told, and know nothing of how the model works. A debug build of the model keeps
/// books of its own (`MemoryModel/Laws`), of what it has.
public struct Law: Sendable {
    /// What it is called.
    public var name: String
    /// Whether a run has what it is about.
    var isAbout: @Sendable (LawRun) -> Bool
    /// What is wrong with a run that it is about; nil: nothing.
    private var breach: @Sendable (LawRun) -> String?

    /// Makes a law.
    ///
    /// - Parameters:
    ///   - name: What it is called.
    ///   - isAbout: Whether a run has what it is about.
    ///   - breach: What is wrong with such a run; nil: nothing.
    init(
        _ name: String, of isAbout: @escaping @Sendable (LawRun) -> Bool = { _ in true },
        _ breach: @escaping @Sendable (LawRun) -> String?
    ) {
        self.name = name
        self.isAbout = isAbout
        self.breach = breach
    }

    /// What is wrong with a run; nil: nothing, or it is not about such a one.
    func fault(_ run: LawRun) -> String? { isAbout(run) ? breach(run) : nil }

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

    /// The first law that the run of a program breaks which can be run, its places as lines of the trace; nil: it keeps
    /// all.
    static func flaw(of setup: Setup, _ laws: [Law]) -> Flaw? {
        do throws(TraceErrors) {
            return flaw(of: try LawRun(setup), laws)?.told(setup.inLines)
        } catch {
            return Flaw(kind: .stuck, words: ["it can be run, and then not again:", "  \(error)"])
        }
    }
}

extension Event {
    /// In words, as differences and broken laws show it.
    var words: String {
        "\(tick.rawValue) \(kind) agent \(agent.rawValue) place \(place.name) other \(other)"
            + " 0x\(String(address, radix: 16)) size \(size) detail \(detail) record \(record)"
    }
}
