"""What the paper says, in its order and with its captions: with the claims that test it, or why none does."""

from flowlab.claims.gissin2020._said import EXPERIMENT, said
from flowlab.claims.gissin2020.statements_appendices import APPENDICES
from flowlab.verify.report import Statement

__all__ = ["STATEMENTS"]

_CITED = "it is cited as the work of others"
_READING = "a reading of the results, with nothing in it that a number could contradict"
_SETTING = "it sets up the model and states nothing"

_BODY: tuple[Statement, ...] = (
    said("abstract", "implicit bias may come from a search in incremental order of complexity", why=_READING),
    said(
        "abstract",
        "shallow models need exponentially small starts for incremental learning",
        "dependence.depth2.lower",
        "dependence.depth2.upper",
    ),
    said(
        "abstract", "for deeper models the dependence is polynomial", "dependence.deep.lower", "dependence.deep.upper"
    ),
    said("abstract", "four larger models show incremental learning", why=f"{EXPERIMENT} (Figures 1 and 4 to 7)"),
    said(
        "1",
        "networks generalise in ways that capacity bounds do not explain; search may favour what is simple",
        why=_READING,
    ),
    said(
        "1",
        "in deep linear networks larger singular values converge first (Saxe et al.)",
        why=f"{_CITED}; see section 2.2",
    ),
    said(
        "1",
        "from infinitesimal starts values are learned one at a time (Gidel et al.), here from small but finite ones",
        "theorem2.depth2.lower",
        "theorem2.deep.lower",
    ),
    said("1", "factorised models recover low rank; deeper ones more so (Gunasekar, Arora, Li et al.)", why=_CITED),
    said("1", "deeper models learn incrementally from larger (realistic) starts", "dependence.depth"),
    said("1", "nonlinear models learn functions of growing complexity (Combes, Ronen, Nakkiran et al.)", why=_CITED),
    said("Figure 1", "in four models the larger values are learned first, and the result is sparse", why=EXPERIMENT),
    said("2.1", "the model, its depth and its start (eq. 1 and 3)", why=_SETTING),
    said("2.1", "σ = w^N does not change which σ ≥ 0 are expressed", why="it is true by definition: w = σ^(1/N)"),
    said("2.1", "the loss over Gaussian inputs is ‖w^N − σ*‖²/(2N²) (eq. 2)", "equation2"),
    said("2.1, footnote 1", "the regular squared loss only scales time", "equation2.plain"),
    said("2.2", "the flow of σ (eq. 4)", "equation4"),
    said(
        "2.2",
        "Theorem 1: the solution at N = 1, 2 and N → ∞",
        "theorem1.depth1",
        "theorem1.depth2",
        "theorem1.infinite",
    ),
    said("2.2", "the solutions for 3 ≤ N < ∞ are similar in structure", "theorem1.deep"),
    said("2.2", "as N → ∞ eq. 4 tends to σ̇ = σ² (σ* − σ)", "equation4.infinite"),
    said(
        "2.2",
        "the dynamics of the loss follow, for a general N",
        "loss.dissipation",
        "loss.depth1",
        "loss.depth2",
        "loss.rate",
        "loss.deep",
        "loss.infinite",
    ),
    said(
        "2.2",
        "solutions for σ* = 0 can be derived as well",
        "theorem1.zero",
        "loss.zero",
        "zero.depth1",
        "zero.depth2",
    ),
    said("2.2", "values of larger optima converge faster", "section2.larger", "section2.larger.corrected"),
    said("2.2", "at N = 1 all values are learned at one rate", "section2.depth1.rate"),
    said("2.2", "deeper models are biased towards learning larger values first", "appendix_c.depth.corrected"),
    said(
        "2.2",
        "such dynamics can induce sparse solutions",
        why="«can», of fitting data after few phases; no set of data is given",
    ),
    said("2.2", "at N = 1 the result has the least ℓ2 norm, and is dense", "section2.depth1.norm"),
    said("Figure 2", "the first column has all values converging at the same rate", "section2.depth1.rate"),
    said("Figure 2", "depth with a small start leads to distinct phases (bottom right)", "figure2.deep"),
    said("Figure 2", "the shallow model's are much weaker even from small starts", "figure2.shallow"),
    said("3", "one value cannot converge before another moves at all", "section3.monotone"),
    said(
        "3", "Definition 1: (s, f)-incremental learning, and σ(t) increases", "section3.monotone", "definition1.times"
    ),
    said("3", "Theorem 2 at N = 2", "theorem2.depth2.lower", "theorem2.depth2.upper"),
    said("3", "Theorem 2 at N ≥ 3", "theorem2.deep.lower", "theorem2.deep.upper", "theorem2.deep.upper.corrected"),
    said("3", "the condition is t_f(σ_i) ≤ t_s(σ_j), with t_α an integral", "definition1.times", "appendix_a.split"),
    said("3", "near ratios need small starts", "dependence.ratio"),
    said(
        "3",
        "incremental learning is difficult to see at N = 2 in practice",
        why="what practice is, is not said; see Figure 2",
    ),
    said("3", "this explains what the start changes in Figure 2", why=_READING),
    said("3", "Theorem 3", "theorem3.lower", "theorem3.upper", "theorem3.lower.corrected"),
    said("3", "A and B simplify to r in first order around c = 0", "theorem3.first_order"),
    said(
        "3",
        "for descent at N = 2 too the condition is exponential",
        "dependence.descent.lower",
        "dependence.descent.upper",
    ),
    said("4.1", "the model of matrix sensing (eq. 5)", why=_SETTING),
    said("4.1", "for d = 1 it is the toy model without shared weights", "equation5.scalar"),
    said("4.1", "the loss over Gaussian inputs is ‖W − W*‖_F²/(2N) (eq. 6)", "equation6"),
    said("4.1", "Theorem 4", "theorem4.decoupled", "theorem4.normalisation"),
    said("4.1", "the bias towards sparsity is equivalent to one towards low rank", "theorem4.decoupled"),
    said(
        "4.2",
        "f_W(x) = Σ_i (w_iᵀ x)² = <WᵀW, xxᵀ> (eq. 7), as matrix sensing with N = 2 and inputs of rank 1",
        "equation7",
    ),
    said("4.2", "Definition 2: the variance loss, of the error's variance", "definition2.population"),
    said("4.2", "squared and variance loss have the same minimum", "definition2.minimum"),
    said("4.2", "the squared loss's dynamics can be approximated by the variance loss's", "appendix_f.bias.optimum"),
    said("4.2", "Theorem 5", "theorem5", "theorem5.corrected"),
    said("4.2", "these are the dynamics of the toy model of depth 2", "theorem5.corrected"),
    said(
        "4.3",
        "diagonal networks are biased towards sparsity for N > 1, to the maximum margin at N = 1 (Gunasekar et al.)",
        why=_CITED,
    ),
    said("4.3", "the flow of σ under the exponential loss", "classification.flow"),
    said("4.3", "small values are attenuated by σ^(2−2/N), as in regression", "classification.flow"),
    said("4.3", "weights are learned until the support separates the data", why="the paper itself calls it intuition"),
    said("4.3", "larger values of the support reduce the loss and later gradients", "classification.separated"),
    said("4.3", "results are similar for the logistic loss", "classification.logistic.flow", "classification.logistic"),
    said(
        "4.3",
        "deeper networks are more biased towards sparsity, less so from large starts",
        why=f"{EXPERIMENT} (Figure 6)",
    ),
    said(
        "4.3", "diagonal and convolutional networks are equivalent in the frequency domain", "appendix_g.correspondence"
    ),
    said(
        "5",
        "deeper models have a stronger tendency for incremental learning",
        "dependence.depth",
        "appendix_c.depth.corrected",
    ),
    said(
        "5", "the phenomenon exists in regression, classification and many models", why=f"{EXPERIMENT} (Figures 1 to 7)"
    ),
    said("5", "such analysis may shed light on deeper nonlinear networks", why="a hope"),
)

STATEMENTS = (*_BODY, *APPENDICES)
"""Every statement of the paper, in order."""
