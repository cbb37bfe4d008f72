import Experiments
import Hazards
import Quantities

/// What `staleline explain` answers to a word that it has no page for.
public enum UnknownTopic {
    /// The word, what may have been meant, and what there is.
    ///
    /// - Parameters:
    ///   - word: The word.
    ///   - calls: The names of the calls, barriers and accessors that can be explained.
    /// - Returns: one sentence.
    /// - Complexity: O(names) comparisons of words.
    public static func text(of word: String, calls: [String]) -> String {
        "\(word): nothing is called that\(meant(word, calls)); expected a hazard's code as H08 (H01 to "
            + "\(HazardCode.allCases.last?.rawValue ?? "")), a check of dma-debug as E13 (`staleline explain` lists both), or a "
            + "call, a barrier or an accessor as dma_map_single, SCB_CleanDCache_by_Addr, Xil_DCacheFlushRange, wmb, writel"
    }

    private static func meant(_ word: String, _ calls: [String]) -> String {
        if let code = code(word) { return " (did you mean \(code)?)" }
        let names = Suggestion.several(near: word, among: calls, limit: 4)
        if !names.isEmpty { return " (did you mean \(names.joined(separator: ", "))?)" }
        let pages = pages(about: word)
        return pages.isEmpty ? "" : " (of it speaks \(pages.joined(separator: ", ")))"
    }

    /// The hazard whose number is written otherwise, as in `H8` or `8`.
    private static func code(_ word: String) -> String? {
        let digits = word.lowercased().hasPrefix("h") ? word.dropFirst() : word[...]
        guard digits.utf8.count <= 3, let number = Int(digits) else { return nil }
        return HazardCode.allCases.map(\.rawValue).first { Int($0.dropFirst()) == number }
    }

    /// The hazards in whose title or summary a word stands.
    private static func pages(about word: String) -> [String] {
        let sought = word.lowercased()
        guard (4...Suggestion.longestWord).contains(sought.utf8.count) else { return [] }
        return HazardCatalogue.pages.filter {
            $0.title.lowercased().contains(sought) || $0.summary.lowercased().contains(sought)
        }.map(\.code.rawValue)
    }
}
