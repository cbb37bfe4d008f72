import Hazards

/// The page of a hazard, or the list of all.
public enum HazardReport {
    /// How wide pages and lists are, in characters.
    static let width = 80

    /// All codes with their titles, by what goes wrong, and the checks of the kernel's dma-debug.
    public static var list: String {
        let families = HazardFamily.allCases.map { family in
            let pages = HazardCatalogue.pages.filter { $0.family == family }
            return family.rawValue + "\n"
                + pages.map { "  \($0.code.rawValue)  \($0.title)\n" }.joined()
        }
        return families.joined(separator: "\n")
            + "\nThe checks of the kernel's dma-debug, each with the hazard that it is about:\n\n"
            + DMADebugPageReport.list
            + "\n`staleline explain H08` prints a page, which says how `check` judges it;\n"
            + "`staleline explain E13` prints that of a check.\n"
    }

    private static func verdicts(_ page: HazardPage) -> String {
        page.verdicts.map(\.rawValue).joined(separator: ", ")
    }

    /// One code's page.
    public static func text(_ page: HazardPage) -> String {
        var out = "\(page.code.rawValue)  \(page.title)\n\n\(page.explanation)\n"
        func section(_ name: String, lines body: String) {
            let lines = body.split(separator: "\n")
            out += "\n\(name)\n" + lines.map { "    \($0)\n" }.joined()
        }
        func section(_ name: String, _ sentences: String) {
            out += "\n\(name)\n" + Format.wrapped("    ", sentences, width: width)
        }
        section("In a picture", lines: page.states)
        section("The shortest trace", lines: page.trace)
        section("Mended", lines: page.mendedTrace)
        section("Mend", page.mend)
        section("In Linux", lines: page.linux)
        section("On bare metal", lines: page.bareMetal)
        section("dma-debug", page.dmaDebug)
        section("Affects", page.affects)
        section("Judged by `check`", judged(page))
        out += "\nNot this, but\n"
        for other in HazardCatalogue.neighbours(of: page.code) {
            out += Format.wrapped(
                "    \(other.code.rawValue)  ", "if \(other.sign)", width: width)
        }
        return out
    }

    private static func judged(_ page: HazardPage) -> String {
        guard !page.alsoFound.isEmpty else { return verdicts(page) }
        let others = page.alsoFound.map(\.rawValue).joined(separator: ", ")
        return verdicts(page)
            + "; of the trace above also \(others): one mistake can break a rule and harm bytes besides"
    }

    /// One code's page as JSON, schema `staleline.explain/1`.
    public static func json(_ page: HazardPage) -> JSONValue {
        .object([
            ("schema", .string("staleline.explain/1")), ("code", .string(page.code.rawValue)),
            ("title", .string(page.title)), ("family", .string(page.family.rawValue)),
            ("summary", .string(page.summary)), ("explanation", .string(page.explanation)),
            ("states", .string(page.states)), ("trace", .string(page.trace)),
            ("mendedTrace", .string(page.mendedTrace)), ("mend", .string(page.mend)),
            ("linux", .string(page.linux)), ("bareMetal", .string(page.bareMetal)),
            ("dmaDebug", .string(page.dmaDebug)), ("affects", .string(page.affects)),
            ("judged", .string(verdicts(page))),
            ("alsoFound", .array(page.alsoFound.map { .string($0.rawValue) })),
            (
                "neighbours",
                .array(
                    HazardCatalogue.neighbours(of: page.code).map {
                        .object([
                            ("code", .string($0.code.rawValue)), ("sign", .string($0.sign)),
                        ])
                    })
            ),
        ])
    }

    /// All codes as JSON.
    public static var listJSON: JSONValue {
        .object([
            ("schema", .string("staleline.explain/1")),
            (
                "codes",
                .array(
                    HazardCatalogue.pages.map {
                        .object([
                            ("code", .string($0.code.rawValue)), ("title", .string($0.title)),
                            ("family", .string($0.family.rawValue)),
                            ("judged", .string(verdicts($0))),
                        ])
                    })
            ), ("dmaDebugChecks", DMADebugPageReport.listJSON),
        ])
    }
}
