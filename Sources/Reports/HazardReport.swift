import Hazards

/// The page of a hazard, or the list of all.
public enum HazardReport {
    /// All codes with their titles and how they are judged.
    public static var list: String {
        var table = TextTable([("code", .left), ("title", .left), ("judged", .left)])
        for page in HazardCatalogue.pages {
            table.add([page.code.rawValue, page.title, verdicts(page)])
        }
        return table.text
            + "\nThe checks of the kernel's dma-debug:\n\n\(DMADebugPageReport.list)"
            + "\n`staleline explain H08` prints a page, `staleline explain E13` that of a check.\n"
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
            out += "\n\(name)\n" + Format.wrapped("    ", sentences)
        }
        section("In a picture", lines: page.states)
        section("The shortest trace", lines: page.trace)
        section("Mended", lines: page.mendedTrace)
        section("Mend", page.mend)
        section("In Linux", lines: page.linux)
        section("On bare metal", lines: page.bareMetal)
        section("dma-debug", page.dmaDebug)
        section("Affects", page.affects)
        section("Judged by `check`", verdicts(page))
        return out
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
                            ("judged", .string(verdicts($0))),
                        ])
                    })
            ), ("dmaDebugChecks", DMADebugPageReport.listJSON),
        ])
    }
}
